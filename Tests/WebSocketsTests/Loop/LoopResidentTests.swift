import Synchronization
import Testing

@testable import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct LoopResidentTests {
    /// What was told, in order.
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func append(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private final class Early: LoopResident, @unchecked Sendable {
        let log: Log

        init(_ log: Log) { self.log = log }

        deinit { log.append("early is gone") }

        func loopStops() { log.append("early") }
    }

    private final class Late: LoopResident, @unchecked Sendable {
        static let outlivesSockets = true

        let log: Log
        let sockets: @Sendable () -> Bool

        init(_ log: Log, sockets: @escaping @Sendable () -> Bool) {
            self.log = log
            self.sockets = sockets
        }

        deinit { log.append("late is gone") }

        func loopStops() { log.append(sockets() ? "late, with a context" : "late") }
    }

    @Test(arguments: [false, true])
    func `whatever lives on a loop is told once of its end, and some only when the context is gone`(
        servesSockets: Bool
    ) async throws {
        let log = Log()
        let loop = try EventLoop(name: "residents", servesSockets: servesSockets)
        loop.execute {
            loop.adopt(Late(log) { [unowned loop] in unsafe loop.context != nil })
            loop.adopt(Early(log))
        }
        await loop.stop()
        let order = log.all
        #expect(order.prefix(2) == ["early", "late"])
        // The loop keeps nobody.
        #expect(order.dropFirst(2).sorted() == ["early is gone", "late is gone"])
    }

    @Test func `who was released isn't told, and isn't kept`() async throws {
        let log = Log()
        let loop = try EventLoop(name: "residents", servesSockets: false)
        loop.execute {
            let early = Early(log)
            loop.adopt(early)
            loop.release(early)
        }
        await loop.stop()
        #expect(log.all == ["early is gone"])
    }

    @Test func `there is only one of a kind, a failure to make it is tried again, and none is made at the end`()
        async throws
    {
        let log = Log()
        let loop = try EventLoop(name: "residents", servesSockets: false)
        loop.execute {
            let none: Early? = loop.only { nil }
            let first = loop.only { Early(log) }
            let second = loop.only { Early(log) }
            log.append(none == nil && first != nil && first === second ? "one" : "not one")
        }
        await loop.stop()
        loop.execute {
            let late = loop.only { Early(log) }
            if late != nil { log.append("one too many") }
        }
        #expect(log.all == ["one", "early", "early is gone"])
    }
}
