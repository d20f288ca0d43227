import Glibc
import Testing

@testable import FanoutRelayCommand

struct ServiceManagerTests {
    @Test(arguments: [
        (ServiceManager.State.ready(status: "listening"), "READY=1\nSTATUS=listening"),
        (.reloading(at: .milliseconds(2_500)), "RELOADING=1\nMONOTONIC_USEC=2500000"),
        (.stopping(within: .seconds(11)), "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=11000000"),
        (.alive, "WATCHDOG=1"),
    ])
    func `each state is a datagram of sd_notify's`(state: ServiceManager.State, message: String) {
        #expect(state.message == message)
    }

    @Test(arguments: [
        [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "/"], ["NOTIFY_SOCKET": "run/notify"],
        ["NOTIFY_SOCKET": "vsock:2:1"], ["NOTIFY_SOCKET": "/" + String(repeating: "a", count: 107)],
    ])
    func `without a socket of this machine nobody is told`(environment: [String: String]) {
        #expect(ServiceManager(environment, process: 7) == nil)
    }

    @Test(
        arguments: [
            (["WATCHDOG_USEC": "3000000"], Duration.seconds(3)),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"], .seconds(3)),
            (["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"], nil),
            (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "-1"], nil), (["WATCHDOG_USEC": "3s"], nil), ([:], nil),
        ] as [([String: String], Duration?)]
    )
    func `the watchdog's time counts for the process that it names`(variables: [String: String], period: Duration?) {
        let environment = variables.merging(["NOTIFY_SOCKET": "/run/notify"]) { first, _ in first }
        #expect(ServiceManager(environment, process: 7)?.watchdog == period)
    }
}
