import Glibc
import Testing

@testable import WebSockets

/// Names whose addresses don't come.
@Suite(.timeLimit(.minutes(1)))
struct NameResolutionTests {
    /// A lookup that takes as long as the test wants.
    @safe private final class Stalled: @unchecked Sendable {
        private let gate: UnsafeMutablePointer<sem_t>

        init() {
            unsafe gate = .allocate(capacity: 1)
            unsafe sem_init(gate, 0, 0)
        }

        deinit { unsafe gate.deallocate() }

        func lookUp() -> Result<[String], WebSocketError> {
            while unsafe sem_wait(gate) != 0 {}
            return .success(["127.0.0.1"])
        }

        func end() { unsafe sem_post(gate) }
    }

    @Test func `a loop ends though a name is being resolved, and its end is an error`() async throws {
        let loop = try EventLoop(name: "stalled")
        let lookup = Stalled()
        let (results, sink) = AsyncStream.makeStream(of: Result<[String], WebSocketError>.self)
        NameResolution.resolve("nowhere", on: loop, by: { _ in lookup.lookUp() }) { sink.yield($0) }
        await loop.stop()
        lookup.end()
        var iterator = results.makeAsyncIterator()
        #expect(await iterator.next() == .failure(.loopUnavailable("the event loop has stopped")))
    }

    @Test func `a name waits for no other one`() async throws {
        let loop = try EventLoop(name: "names")
        let lookups = (0..<8).map { _ in Stalled() }
        let (results, sink) = AsyncStream.makeStream(of: Result<[String], WebSocketError>.self)
        for lookup in lookups {
            NameResolution.resolve("nowhere", on: loop, by: { _ in lookup.lookUp() }) { sink.yield($0) }
        }
        NameResolution.resolve("localhost", on: loop) { sink.yield($0) }
        var iterator = results.makeAsyncIterator()
        guard case .success(let addresses)? = await iterator.next() else { throw Missing() }
        #expect(addresses.contains { $0 == "127.0.0.1" || $0 == "::1" })
        for lookup in lookups { lookup.end() }
        for _ in lookups { #expect(await iterator.next() == .success(["127.0.0.1"])) }
        await loop.stop()
    }

    private struct Missing: Error {}
}
