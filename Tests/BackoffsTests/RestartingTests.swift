import Synchronization
import Testing

@testable import Backoffs

@Suite(.timeLimit(.minutes(1)))
struct RestartingTests {
    private let clock = ManualClock()
    private let plain = Backoff(waits: .exponential(), jitter: .none)

    /// Opens the scripts one after the other; a nil is a failure to open.
    ///
    /// After the last, opening is fatal.
    private func scripts(_ scripts: [Scripted?], opened: Record<Duration> = Record()) -> @Sendable () throws -> Scripted
    {
        let left = Mutex(scripts[...])
        return { [clock] in
            opened.append(clock.now.offset)
            guard let script = left.withLock({ $0.popFirst() }) else { throw CancellationError() }
            guard let script else { throw Failure("no link") }
            return script
        }
    }

    private func words<Stream: AsyncSequence>(
        _ stream: RestartingSequence<Stream, ManualClock>
    ) async -> [String] where Stream.Element == Int {
        var words: [String] = []
        for await event in stream { words.append(event.word) }
        return words
    }

    @Test func `failures, completions and failed openings are interruptions between the elements`() async {
        let opened = Record<Duration>()
        let open = scripts(
            [.init(elements: [1, 2], failure: Failure("a")), nil, nil, .init(elements: [3]), .init(elements: [])],
            opened: opened
        )
        async let words = words(restarting(with: plain, clock: clock) { try open() })
        #expect(await clock.pass(waits: 5).map(\.canonicalText) == ["1s", "2s", "4s", "8s", "16s"])
        let expected = [
            "1", "2", "interrupted by a", "resumed", "3", "interrupted by completion", "resumed",
            "interrupted by completion", "gave up: the error is fatal, completion",
        ]
        #expect(await words == expected)
        #expect(opened.entries.map(\.canonicalText) == ["0s", "1s", "3s", "7s", "15s", "31s"])
    }

    @Test func `a first stream that can't be opened is an outage too`() async {
        let open = scripts([nil, .init(elements: [1])])
        async let words = words(restarting(with: plain, completion: .end, clock: clock) { try open() })
        _ = await clock.pass(waits: 1)
        #expect(await words == ["interrupted by no link", "resumed", "1", "completed"])
    }

    @Test func `without a second try the end is told at once`() async {
        let open = scripts([.init(elements: [1], failure: Failure("a"))])
        #expect(
            await words(restarting(with: .off, clock: clock) { try open() }) == [
                "1", "gave up: all tries are spent, a",
            ]
        )
    }

    @Test func `a fatal error ends the stream and names itself`() async {
        let open = scripts([.init(elements: [1], failure: Failure("fatal"))])
        let backoff = plain.givingUp { $0 as? Failure == Failure("fatal") }
        #expect(
            await words(restarting(with: backoff, clock: clock) { try open() }) == [
                "1", "gave up: the error is fatal, fatal",
            ]
        )
    }

    @Test func `after the end there is nothing, however often one asks`() async {
        let opened = Record<Duration>()
        let open = scripts([.init(elements: [])], opened: opened)
        var iterator = restarting(with: plain, completion: .end, clock: clock) { try open() }.makeAsyncIterator()
        #expect(await iterator.next()?.word == "completed")
        #expect(await iterator.next() == nil)
        #expect(await iterator.next() == nil)
        #expect(opened.entries.count == 1)
    }

    @Test func `D6 a healthy link dropped every 5 events is restarted for ever`() async {
        let backoff = Backoff(waits: .constant(.seconds(1)), jitter: .none, maxTries: 3, maxTime: .seconds(2))
        let healthy = Scripted(elements: [1, 2, 3, 4, 5], interval: .seconds(3), clock: clock, failure: Failure())
        let stream = restarting(with: backoff, clock: clock) { healthy }
        async let elements: Int = {
            var elements = 0
            for await case .next in stream {
                elements += 1
                if elements == 500 { break }
            }
            return elements
        }()
        _ = await clock.pass(waits: 99)
        #expect(await elements == 500)
    }

    @Test func `D6 a link that fails at once exhausts the budget`() async {
        let broken = Scripted(elements: [1], failure: Failure("a"))
        async let words = words(restarting(with: plain.limited(tries: 3), clock: clock) { broken })
        _ = await clock.pass(waits: 2)
        let expected = [
            "1", "interrupted by a", "resumed", "1", "interrupted by a", "resumed", "1",
            "gave up: all tries are spent, a",
        ]
        #expect(await words == expected)
    }

    @Test func `the wait runs from the failure, not from when the consumer asks again`() async {
        let open = scripts([.init(elements: [], failure: Failure("a")), .init(elements: [])])
        var iterator = restarting(with: plain, completion: .end, clock: clock) { try open() }.makeAsyncIterator()
        #expect(await iterator.next()?.word == "interrupted by a")
        clock.advance(by: .seconds(5))
        #expect(await iterator.next()?.word == "resumed")
        #expect(clock.now.offset == .seconds(5))
    }

    @Test func `a stream is let go as soon as it breaks off`() async {
        let released = Record<String>()
        let stream = restarting(with: plain, clock: clock) { Held(failure: Failure("a"), released: released) }
        var iterator = stream.makeAsyncIterator()
        #expect(await iterator.next()?.word == "1")
        #expect(released.entries.isEmpty)
        #expect(await iterator.next()?.word == "interrupted by a")
        #expect(released.entries == ["released"])
    }

    @Test func `cancelling during a wait ends the loop without a word`() async {
        let opened = Record<Duration>()
        let open = scripts([nil, .init(elements: [1])], opened: opened)
        let stream = restarting(with: plain, clock: clock) { try open() }
        let task = Task {
            var words: [String] = []
            for await event in stream { words.append(event.word) }
            return words
        }
        _ = await clock.nextSleep()
        task.cancel()
        #expect(await task.value == ["interrupted by no link"])
        #expect(opened.entries.count == 1)
        #expect(clock.sleeperCount == 0)
    }

    @Test func `cancelling while a stream is silent ends the loop, and its completion is no interruption`() async {
        let (deliveries, delivered) = AsyncStream<Void>.makeStream()
        let stream = restarting(with: plain, clock: clock) { AsyncStream<Int> { $0.yield(1) } }
        let task = Task {
            var words: [String] = []
            for await event in stream {
                words.append(event.word)
                delivered.yield()
            }
            return words
        }
        for await _ in deliveries { break }
        task.cancel()
        #expect(await task.value == ["1"])
        #expect(clock.sleeperCount == 0)
    }

    @Test func `cancelling ends the loop even over a stream that knows no cancellation`() async {
        let endless = Scripted(elements: Array(1...1000))
        let stream = restarting(with: plain, completion: .end, clock: clock) { endless }
        let task = Task {
            var words: [String] = []
            for await event in stream {
                words.append(event.word)
                if words.count == 5 { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
            }
            return words
        }
        #expect(await task.value == ["1", "2", "3", "4", "5"])
    }

    @Test func `each iteration has streams and a budget of its own`() async {
        let opened = Record<Duration>()
        let open: @Sendable () -> Scripted = { [clock] in
            opened.append(clock.now.offset)
            return Scripted(elements: [1])
        }
        let stream = restarting(with: .off, clock: clock) { open() }
        #expect(await words(stream) == ["1", "gave up: all tries are spent, completion"])
        #expect(await words(stream) == ["1", "gave up: all tries are spent, completion"])
        #expect(opened.entries.count == 2)
    }

    @Test func `a loop on an actor asks the stream to stay there`() async {
        let consumer = Consumer()
        let actors = Record<ObjectIdentifier?>()
        let sum = await consumer.sum(Scripted(elements: [1, 2, 3], actors: actors), clock: clock)
        #expect(sum == 6)
        #expect(actors.entries == Array(repeating: ObjectIdentifier(consumer), count: 4))
    }
}

private actor Consumer {
    private var total = 0
    private var opened = 0

    func sum(_ script: Scripted, clock: ManualClock) async -> Int {
        for await event in restarting(completion: .end, clock: clock, { try await self.open(script) }) {
            if case .next(let element) = event { total += element }
        }
        return opened == 1 ? total : -1
    }

    private func open(_ script: Scripted) throws -> Scripted {
        opened += 1
        return script
    }
}

/// A stream of one element and a failure, which tells when its iterator is gone.
private struct Held: AsyncSequence {
    var failure: any Error
    var released: Record<String>

    func makeAsyncIterator() -> Iterator { Iterator(failure: failure, released: released) }

    final class Iterator: AsyncIteratorProtocol {
        private let failure: any Error
        private let released: Record<String>
        private var hasDelivered = false

        init(failure: any Error, released: Record<String>) {
            self.failure = failure
            self.released = released
        }

        deinit { released.append("released") }

        func next() async throws -> Int? {
            if hasDelivered { throw failure }
            hasDelivered = true
            return 1
        }
    }
}
