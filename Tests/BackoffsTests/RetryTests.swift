import Testing

@testable import Backoffs

@Suite(.timeLimit(.minutes(1)))
struct RetryTests {
    private let clock = ManualClock()
    private let plain = Backoff(waits: .exponential(), jitter: .none)

    @Test func `a success at once waits for nothing`() async throws {
        #expect(try await retry(plain, clock: clock) { 7 } == 7)
        #expect(clock.now.offset == .zero)
    }

    @Test func `failures are waited out until the first success`() async throws {
        let calls = Record<Duration>()
        async let result = retry(plain, clock: clock) { [clock] in
            calls.append(clock.now.offset)
            if calls.entries.count < 4 { throw Failure() }
            return "done"
        }
        #expect(await clock.pass(waits: 3) == [.seconds(1), .seconds(2), .seconds(4)])
        #expect(try await result == "done")
        #expect(calls.entries == [.zero, .seconds(1), .seconds(3), .seconds(7)])
    }

    @Test func `the last error itself is thrown when the tries are spent`() async {
        let calls = Record<Int>()
        let task = Task { [clock, plain] in
            try await retry(plain.limited(tries: 3), clock: clock) {
                calls.append(1)
                throw Failure("call \(calls.entries.count)")
            }
        }
        _ = await clock.pass(waits: 2)
        await #expect(throws: Failure("call 3")) { try await task.value }
        #expect(calls.entries.count == 3)
    }

    @Test func `time spent in the calls counts`() async {
        let task = Task { [clock, plain] in
            try await retry(plain.limited(time: .seconds(10)), clock: clock) {
                clock.advance(by: .seconds(4))
                throw Failure()
            }
        }
        #expect(await clock.pass(waits: 2) == [.seconds(1), .seconds(1)])
        await #expect(throws: Failure()) { try await task.value }
        #expect(clock.now.offset == .seconds(14))
    }

    @Test func `a fatal error is thrown without a wait`() async {
        let handled = Record<Int>()
        var backoff = plain.givingUp { $0 is Failure }
        backoff.onGiveUp = { handled.append($0.tries) }
        await #expect(throws: Failure("fatal")) { try await retry(backoff, clock: clock) { throw Failure("fatal") } }
        #expect(handled.entries == [1])
        #expect(clock.now.offset == .zero)
    }

    @Test func `a cancellation error is passed on at once and tells no handler`() async {
        let handled = Record<String>()
        var backoff = plain
        backoff.onRetry = { _ in handled.append("retry") }
        backoff.onGiveUp = { _ in handled.append("give up") }
        await #expect(throws: CancellationError.self) {
            try await retry(backoff, clock: clock) { throw CancellationError() }
        }
        #expect(handled.entries.isEmpty)
    }

    @Test func `cancelling during a wait ends it`() async {
        let calls = Record<Int>()
        let task = Task { [clock, plain] in
            try await retry(plain, clock: clock) {
                calls.append(1)
                throw Failure()
            }
        }
        #expect(await clock.nextSleep() == .seconds(1))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(calls.entries.count == 1)
        #expect(clock.sleeperCount == 0)
    }

    @Test func `an error in a cancelled task is passed on`() async {
        let task = Task { [clock, plain] in
            try await retry(plain, clock: clock) {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                throw Failure("own")
            }
        }
        await #expect(throws: Failure("own")) { try await task.value }
    }

    @Test func `the operation runs on the caller's actor and may change its state`() async throws {
        #expect(try await Caller().count(to: 3, clock: clock) == 3)
    }

    @Test func `a stream in the operation is a call like any other`() async throws {
        let (streams, received) = (Record<Int>(), Record<Int>())
        async let result: Void = retry(plain.limited(tries: 5), clock: clock) {
            streams.append(1)
            for try await element in Scripted(elements: [1, 2], failure: streams.entries.count < 3 ? Failure() : nil) {
                received.append(element)
            }
        }
        _ = await clock.pass(waits: 2)
        try await result
        #expect(received.entries == [1, 2, 1, 2, 1, 2])
    }
}

private actor Caller {
    private var calls = 0

    func count(to limit: Int, clock: ManualClock) async throws -> Int {
        async let waits = clock.pass(waits: limit - 1)
        try await retry(.constant(.seconds(1)), clock: clock) {
            assertIsolated()
            calls += 1
            if calls < limit { throw Failure() }
        }
        #expect(await waits.count == limit - 1)
        return calls
    }
}
