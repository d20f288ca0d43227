import Testing

@testable import GraphQLSession

struct KeepAliveTests {
    private func keepAlive() -> KeepAlive {
        KeepAlive(interval: .seconds(10), timeout: .seconds(4), now: .seconds(100))
    }

    @Test func `it is due after the interval, probes once, and is lost after the timeout`() {
        var keepAlive = keepAlive()
        #expect(keepAlive.deadline == .seconds(110))
        #expect(keepAlive.check(at: .seconds(109)) == .fine)
        #expect(keepAlive.check(at: .seconds(110)) == .probe)
        #expect(keepAlive.deadline == .seconds(114))
        #expect(keepAlive.check(at: .seconds(113)) == .fine)
        #expect(keepAlive.check(at: .seconds(114)) == .lost)
    }

    @Test func `a sign of life puts everything off`() {
        var keepAlive = keepAlive()
        keepAlive.heard(at: .seconds(105))
        #expect(keepAlive.deadline == .seconds(115))
        #expect(keepAlive.check(at: .seconds(115)) == .probe)
        keepAlive.heard(at: .seconds(118))
        #expect(keepAlive.deadline == .seconds(128))
        #expect(keepAlive.check(at: .seconds(119)) == .fine)
    }

    @Test func `a machine that slept probes before it gives up`() {
        var keepAlive = keepAlive()
        #expect(keepAlive.check(at: .seconds(10_000)) == .probe)
        #expect(keepAlive.deadline == .seconds(10_004))
    }

    @Test func `without an interval it is never due`() {
        var keepAlive = KeepAlive(interval: nil, timeout: .seconds(4), now: .zero)
        #expect(keepAlive.deadline == nil)
        #expect(keepAlive.check(at: .seconds(1_000_000)) == .fine)
    }

    @Test func `a long message that comes further is a sign of life, for the watchdog too`() {
        var keepAlive = keepAlive()
        keepAlive.feedWatchdog(timeout: .seconds(12), at: .seconds(100))
        // One sixteenth of the limit within each interval and timeout is enough, however long it takes in all.
        for time in stride(from: 111, to: 400, by: 11) {
            #expect(keepAlive.check(at: .seconds(time - 1)) == .probe)
            keepAlive.advanced(at: .seconds(time))
            #expect(keepAlive.check(at: .seconds(time)) == .fine)
        }
    }

    @Test func `a message that trickles is no sign of life`() {
        var keepAlive = keepAlive()
        keepAlive.advanced(at: .seconds(101))
        #expect(keepAlive.check(at: .seconds(111)) == .probe)
        #expect(keepAlive.check(at: .seconds(115)) == .lost)
    }
}
