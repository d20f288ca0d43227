import Testing

@testable import Backoffs

@Suite(.timeLimit(.minutes(1)))
struct RetryUntilTests {
    private let clock = ManualClock()
    private let plain = Backoff(waits: .exponential(), jitter: .none)

    /// Returns or throws one answer after the other; the last one over and over.
    private func answers(
        _ answers: [Result<Int, Failure>],
        calls: Record<Int> = Record()
    ) -> @Sendable () throws -> Int {
        {
            calls.append(1)
            return try answers[min(calls.entries.count, answers.count) - 1].get()
        }
    }

    static let rows: [(answers: [Result<Int, Failure>], waits: [Duration], end: Result<Int, Failure>)] = [
        ([.success(10)], [], .success(10)),
        ([.success(1), .success(2), .success(10)], [.seconds(1), .seconds(2)], .success(10)),
        ([.success(1), .failure(Failure("a")), .success(10)], [.seconds(1), .seconds(2)], .success(10)),
        ([.success(1), .success(2), .success(3), .success(10)], [.seconds(1), .seconds(2)], .success(3)),
        ([.failure(Failure("a")), .failure(Failure("b")), .success(3)], [.seconds(1), .seconds(2)], .success(3)),
        ([.success(1), .success(2), .failure(Failure("c"))], [.seconds(1), .seconds(2)], .failure(Failure("c"))),
        ([.failure(Failure("fatal")), .success(10)], [], .failure(Failure("fatal"))),
        ([.success(1), .failure(Failure("fatal")), .success(10)], [.seconds(1)], .failure(Failure("fatal"))),
    ]

    /// Wants at least 10, in three tries.
    @Test(arguments: rows.indices, [true, false])
    func `values are rejected and errors waited out on one budget`(row: Int, asksUntil: Bool) async {
        let row = Self.rows[row]
        let answer = answers(row.answers)
        let backoff = plain.limited(tries: 3).givingUp { $0 as? Failure == Failure("fatal") }
        let clock = clock
        // A child task, so that the time limit ends it too.
        async let result: Int =
            if asksUntil {
                try await retry(backoff, until: { $0 >= 10 }, clock: clock) { try answer() }
            } else {
                try await retry(backoff, while: { $0 < 10 }, clock: clock) { try answer() }
            }
        #expect(await clock.pass(waits: row.waits.count) == row.waits)
        do {
            let found = try await result
            #expect((try? row.end.get()) == found)
        } catch {
            #expect(throws: error as? Failure ?? Failure("another")) { try row.end.get() }
        }
    }

    @Test func `the closures are given the value that was rejected`() async throws {
        let seen = Record<String>()
        let note = { @Sendable (name: String, details: Backoff.Details) in
            seen.append("\(name) \((details.error as? ValueRejected)?.value as? Int ?? -1)")
        }
        let backoff = plain.limited(tries: 3).observed(
            onRetry: { note("retry", $0) },
            onSuccess: { note("success", $0) },
            onGiveUp: { note("give up", $0) }
        )
        let answer = answers([.success(4), .success(5), .success(6)])
        async let last = retry(backoff, until: { $0 >= 10 }, clock: clock) { try answer() }
        _ = await clock.pass(waits: 2)
        #expect(try await last == 6)
        #expect(seen.entries == ["retry 4", "retry 5", "give up 6"])
    }

    @Test func `an accepted value is a success`() async throws {
        let seen = Record<Int>()
        let backoff = plain.observed(onSuccess: { seen.append($0.tries) })
        let answer = answers([.success(4), .success(10)])
        async let last = retry(backoff, until: { $0 >= 10 }, clock: clock) { try answer() }
        _ = await clock.pass(waits: 1)
        #expect(try await last == 10)
        #expect(seen.entries == [2])
    }

    @Test func `a hint can be read from the value`() async throws {
        let backoff = plain.hinted(jitter: .none) { error in
            ((error as? ValueRejected)?.value as? Int).map { .seconds($0) }
        }
        let answer = answers([.success(4), .success(9), .success(10)])
        async let last = retry(backoff, until: { $0 >= 10 }, clock: clock) { try answer() }
        #expect(await clock.pass(waits: 2) == [.seconds(4), .seconds(9)])
        #expect(try await last == 10)
    }

    @Test func `errors can be called fatal and values not`() async {
        let calls = Record<Int>()
        let answer = answers([.success(1), .failure(Failure("a"))], calls: calls)
        let task = Task { [clock, plain] in
            let backoff = plain.givingUp { !($0 is ValueRejected) }
            return try await retry(backoff, until: { $0 >= 10 }, clock: clock) { try answer() }
        }
        _ = await clock.pass(waits: 1)
        await #expect(throws: Failure("a")) { try await task.value }
        #expect(calls.entries.count == 2)
    }

    @Test func `a rejected value in a cancelled task is no answer and tells no handler`() async {
        let told = Record<Int>()
        let task = Task { [clock, plain] in
            let backoff = plain.observed(onRetry: { told.append($0.tries) }, onGiveUp: { told.append($0.tries) })
            return try await retry(backoff, until: { $0 >= 10 }, clock: clock) {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return 1
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(told.entries.isEmpty)
    }

    @Test func `an accepted value in a cancelled task is returned`() async throws {
        let task = Task { [clock, plain] in
            try await retry(plain, until: { $0 >= 10 }, clock: clock) {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return 10
            }
        }
        #expect(try await task.value == 10)
    }

    @Test func `cancelling during the wait after a value ends it`() async {
        let task = Task { [clock, plain] in try await retry(plain, while: { $0 == 1 }, clock: clock) { 1 } }
        #expect(await clock.nextSleep() == .seconds(1))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.sleeperCount == 0)
    }

    @Test func `a rejected value is not part of the text of its error`() {
        #expect("\(ValueRejected("secret"))" == "the value was rejected")
    }
}
