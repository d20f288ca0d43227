import Glibc
import Synchronization
import Testing

@testable import WebSockets

/// Names whose addresses don't come.
@Suite(.timeLimit(.minutes(1)))
struct NameLookupTests {
    /// A search that takes as long as the test wants.
    @safe private final class Stalled: @unchecked Sendable {
        private let gate: UnsafeMutablePointer<sem_t>
        /// How many names are being searched, and how many were.
        let count = Atomic(0)

        init() {
            unsafe gate = .allocate(capacity: 1)
            unsafe sem_init(gate, 0, 0)
        }

        deinit { unsafe gate.deallocate() }

        func search(_ host: String) -> NameLookup.Result {
            count.add(1, ordering: .acquiringAndReleasing)
            while unsafe sem_wait(gate) != 0 {}
            return .success([host])
        }

        func end(_ count: Int = 1) { for _ in 0..<count { unsafe sem_post(gate) } }

        func resolver(maximumThreads: Int = 64) -> NameResolver {
            NameResolver(maximumThreads: maximumThreads) { [self] host in
                host == "here" ? .success(["127.0.0.1"]) : search(host)
            }
        }

        /// Waits until so many searches have begun.
        func begins(_ count: Int) async { while self.count.load(ordering: .acquiring) < count { await Task.yield() } }
    }

    /// What becomes of lookups.
    private struct Answers {
        let stream: AsyncStream<NameLookup.Result>
        let sink: AsyncStream<NameLookup.Result>.Continuation

        init() { (stream, sink) = AsyncStream.makeStream() }

        func next() async -> NameLookup.Result? {
            var iterator = stream.makeAsyncIterator()
            return await iterator.next()
        }

        /// Starts one on its loop.
        @discardableResult
        func ask(_ host: String, on loop: EventLoop, by resolver: NameResolver) async -> NameLookup {
            await withCheckedContinuation { continuation in
                loop.execute {
                    continuation.resume(returning: NameLookup(of: host, on: loop, by: resolver) { sink.yield($0) })
                }
            }
        }
    }

    private static let stopped = NameLookup.Result.failure(.loopUnavailable("the event loop has stopped"))

    @Test func `a loop ends though a name is being resolved, which is an error, and nobody keeps it`() async throws {
        let (search, answers) = (Stalled(), Answers())
        weak var former: EventLoop?
        do {
            let loop = try EventLoop(name: "stalled")
            former = loop
            let resolver = search.resolver()
            await answers.ask("nowhere", on: loop, by: resolver)
            await search.begins(1)
            await loop.stop()
            #expect(await answers.next() == Self.stopped)
            await answers.ask("here", on: loop, by: resolver)
            #expect(await answers.next() == Self.stopped)
        }
        while former != nil { await Task.yield() }
        search.end()
    }

    @Test func `a name waits for no other one`() async throws {
        let (search, answers) = (Stalled(), Answers())
        let loop = try EventLoop(name: "names")
        let resolver = search.resolver()
        for index in 0..<8 { await answers.ask("nowhere-\(index)", on: loop, by: resolver) }
        await search.begins(8)
        await answers.ask("here", on: loop, by: resolver)
        #expect(await answers.next() == .success(["127.0.0.1"]))
        search.end(8)
        var names: Set<String> = []
        for _ in 0..<8 { names.formUnion(try await answers.next()?.get() ?? []) }
        #expect(names.count == 8)
        await loop.stop()
    }

    @Test func `one name takes one thread, however often it is asked for`() async throws {
        let (search, answers) = (Stalled(), Answers())
        let loop = try EventLoop(name: "names")
        let resolver = search.resolver(maximumThreads: 2)
        for _ in 0..<5 { await answers.ask("nowhere", on: loop, by: resolver) }
        await search.begins(1)
        await answers.ask("here", on: loop, by: resolver)
        #expect(await answers.next() == .success(["127.0.0.1"]))
        search.end()
        for _ in 0..<5 { #expect(await answers.next() == .success(["nowhere"])) }
        #expect(search.count.load(ordering: .acquiring) == 1)
        await loop.stop()
    }

    @Test func `names beyond the threads wait for their turn, and one that nobody waits for is left out`() async throws
    {
        let (search, answers) = (Stalled(), Answers())
        let loop = try EventLoop(name: "names")
        let resolver = search.resolver(maximumThreads: 1)
        await answers.ask("first", on: loop, by: resolver)
        await search.begins(1)
        let left = await answers.ask("left", on: loop, by: resolver)
        await answers.ask("here", on: loop, by: resolver)
        loop.execute { left.cancel() }
        _ = await loop.processorTime()
        search.end()
        #expect(await answers.next() == .success(["first"]))
        #expect(await answers.next() == .success(["127.0.0.1"]))
        #expect(search.count.load(ordering: .acquiring) == 1)
        await loop.stop()
    }

    @Test func `the system knows localhost, and no name under invalid`() async throws {
        let answers = Answers()
        let loop = try EventLoop(name: "names")
        await answers.ask("localhost", on: loop, by: .system)
        let addresses = try await answers.next()?.get() ?? []
        #expect(addresses.contains { $0 == "127.0.0.1" || $0 == "::1" })
        await answers.ask("no-such-name.invalid", on: loop, by: .system)
        guard case .failure(.unresolvable(host: "no-such-name.invalid", _)) = await answers.next() else {
            Issue.record("it has an address")
            return
        }
        await loop.stop()
    }
}
