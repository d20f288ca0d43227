#if Cluster
import Glibc
import NATSLink
import NATSServers
import Testing

/// Servers that stop, end in order, or never answer.
@Suite(.enabled(if: !NATSServerProcess.areMissing), .timeLimit(.minutes(1)))
struct StandstillTests {
    @Test(arguments: NATSServerProcess.programs)
    func `a server that stands still is given up when its pings stay unanswered`(program: String) async throws {
        let server = try NATSServerProcess(program)
        let driver = try await LinkDriver.start([server.server]) {
            $0.pingInterval = .milliseconds(100)
            $0.connectTimeout = .milliseconds(100)
        }
        await driver.event(where: \.isConnected)
        server.stop()
        let lost = await driver.event(where: \.isDisconnected)
        #expect(lost == .disconnected(reason: "Stale Connection"))
        // Its kernel still accepts connections.
        #expect(await driver.event(where: \.isFailed).reasons.count == 1)
        server.signal(SIGCONT)
        await driver.event(where: \.isConnected)
        await driver.end()
    }

    @Test(arguments: NATSServerProcess.programs)
    func `a lame duck says so, disconnects its clients, and the other server takes over`(program: String) async throws {
        let (first, second) = (try NATSServerProcess(program), try NATSServerProcess(program, isRunning: false))
        let driver = try await LinkDriver.start([first.server, second.server])
        await driver.event(where: \.isConnected)
        try second.start()
        first.signal(SIGUSR2)
        await driver.event { $0 == .lameDuck }
        await driver.event(where: \.isDisconnected)
        let again = await driver.event(where: \.isConnected)
        guard case .connected(let info, isAgain: true) = again else {
            Issue.record("\(again)")
            return
        }
        #expect(try info.server == second.server)
        await driver.end()
    }

    @Test(arguments: [true, false])
    func `a handshake that never ends is cut, and holds up neither the next try nor the link's end`(
        isSecure: Bool
    ) async throws {
        let server = try StallingServer(isSecure: isSecure)
        let driver = try await LinkDriver.start([server.server]) { $0.connectTimeout = .milliseconds(100) }
        for _ in 0..<6 {
            let reasons = await driver.event(where: \.isFailed).reasons
            #expect(reasons == ["\(server.server): it doesn't finish the handshake"])
        }
        await driver.end()
        #expect(await driver.events.last == .closed(reasons: []))
    }
}
#endif
