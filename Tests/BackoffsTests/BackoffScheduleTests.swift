import Synchronization
import TestSupport
import Testing

@testable import Backoffs

struct BackoffScheduleTests {
    private let plain = Backoff(waits: .exponential(), jitter: .none)

    private func decisions(_ backoff: Backoff, failingAt moments: [Duration]) -> [BackoffSchedule.Decision] {
        var schedule = BackoffSchedule(backoff, startingAt: moments.first ?? .zero)
        var generator = SplitMix(seed: 7)
        return moments.map { schedule.failed(Failure(), at: $0, using: &generator) }
    }

    @Test func `tries count the first call`() {
        #expect(
            decisions(plain.limited(tries: 3), failingAt: [.zero, .zero, .zero])
                == [.retry(after: .seconds(1)), .retry(after: .seconds(2)), .giveUp(.triesSpent)]
        )
    }

    @Test(arguments: [1, 0, -5, Int.min])
    func `one try or fewer means no second`(tries: Int) {
        #expect(decisions(plain.limited(tries: tries), failingAt: [.zero]) == [.giveUp(.triesSpent)])
    }

    @Test func `off gives up at the first failure`() {
        #expect(decisions(.off, failingAt: [.zero]) == [.giveUp(.triesSpent)])
    }

    @Test func `the loss of what had succeeded is waited for and is no try`() {
        var schedule = BackoffSchedule(plain.limited(tries: 2), startingAt: .zero)
        var generator = SplitMix(seed: 7)
        for _ in 0..<3 {
            #expect(schedule.lost(Failure(), at: .seconds(100), using: &generator) == .retry(after: .seconds(1)))
            #expect(schedule.failures == 0)
        }
        #expect(schedule.failed(Failure(), at: .seconds(101), using: &generator) == .retry(after: .seconds(2)))
        #expect(schedule.failed(Failure(), at: .seconds(103), using: &generator) == .giveUp(.triesSpent))
    }

    @Test func `after a loss even a back-off that is off tries once, at once, unless the error is fatal`() {
        var schedule = BackoffSchedule(.off, startingAt: .zero)
        var generator = SplitMix(seed: 7)
        #expect(schedule.lost(Failure(), at: .zero, using: &generator) == .retry(after: .zero))
        #expect(schedule.failed(Failure(), at: .zero, using: &generator) == .giveUp(.triesSpent))
        schedule = BackoffSchedule(plain.givingUp { _ in true }, startingAt: .zero)
        #expect(schedule.lost(Failure(), at: .zero, using: &generator) == .giveUp(.fatal))
    }

    @Test func `a loss begins the time of a budget, and asks its limits once`() {
        let asked = Asked()
        let limits = plain.limited(time: { asked.count() ? .seconds(3) : .zero })
        var schedule = BackoffSchedule(limits, startingAt: .zero)
        var generator = SplitMix(seed: 7)
        #expect(schedule.lost(Failure(), at: .seconds(100), using: &generator) == .retry(after: .seconds(1)))
        #expect(schedule.failed(Failure(), at: .seconds(102), using: &generator) == .retry(after: .seconds(1)))
        #expect(schedule.failed(Failure(), at: .seconds(103), using: &generator) == .giveUp(.timeSpent))
    }

    /// True for the first question only.
    private final class Asked: Sendable {
        private let isFirst = Mutex(true)

        func count() -> Bool {
            isFirst.withLock { isFirst in
                defer { isFirst = false }
                return isFirst
            }
        }
    }

    @Test func `the last wait is cut to what remains of the time`() {
        let moments: [Duration] = [.seconds(100), .seconds(101), .seconds(103), .seconds(105)]
        #expect(
            decisions(plain.limited(time: .seconds(5)), failingAt: moments)
                == [
                    .retry(after: .seconds(1)), .retry(after: .seconds(2)), .retry(after: .seconds(2)),
                    .giveUp(.timeSpent),
                ]
        )
    }

    @Test func `the end of the waits is the end of the tries`() {
        let backoff = Backoff(waits: [.seconds(3)], jitter: .none)
        #expect(decisions(backoff, failingAt: [.zero, .zero]) == [.retry(after: .seconds(3)), .giveUp(.waitsSpent)])
    }

    @Test func `a fatal error is given up whatever remains`() {
        var schedule = BackoffSchedule(plain.givingUp { $0 as? Failure == Failure("fatal") }.limited(tries: 2))
        #expect(schedule.failed(Failure("mild"), at: .zero) == .retry(after: .seconds(1)))
        #expect(schedule.failed(Failure("fatal"), at: .zero) == .giveUp(.fatal))
    }

    @Test func `givingUp adds to what is fatal already`() {
        let backoff = plain.givingUp { $0 as? Failure == Failure("a") }.givingUp { $0 as? Failure == Failure("b") }
        #expect(["a", "b", "c"].map { backoff.giveUp(Failure($0)) } == [true, true, false])
    }

    @Test func `cancellation is fatal without being named`() {
        var schedule = BackoffSchedule(plain)
        #expect(schedule.failed(CancellationError(), at: .zero) == .giveUp(.fatal))
    }

    @Test func `the same seed gives the same jittered waits, none above the plain one`() {
        let moments = Array(repeating: Duration.zero, count: 6)
        let waits = decisions(plain.jittered(.full), failingAt: moments).compactMap(\.wait)
        #expect(waits == decisions(plain.jittered(.full), failingAt: moments).compactMap(\.wait))
        #expect(waits.count == 6)
        #expect(zip(waits, plain.waits).allSatisfy { $0 <= $1 })
        #expect(Set(waits).count == 6)
    }

    @Test func `a reset begins the budget anew`() {
        var schedule = BackoffSchedule(plain.limited(tries: 2).limited(time: .seconds(10)))
        #expect(schedule.failed(Failure(), at: .seconds(9)) == .retry(after: .seconds(1)))
        schedule.reset(at: .seconds(100))
        #expect(schedule.failures == 0)
        #expect(schedule.failed(Failure(), at: .seconds(109)) == .retry(after: .seconds(1)))
        #expect(schedule.failed(Failure(), at: .seconds(109)) == .giveUp(.triesSpent))
    }

    @Test func `handlers are told tries, time, wait and error`() {
        let record = Record<String>()
        var backoff = plain.limited(tries: 3)
        let note: @Sendable (String, Backoff.Details) -> Void = { name, details in
            let wait = details.wait?.canonicalText ?? "-"
            let error = (details.error as? Failure)?.name ?? "-"
            record.append("\(name) \(details.tries) \(details.elapsed.canonicalText) \(wait) \(error)")
        }
        backoff.onRetry = { note("retry", $0) }
        backoff.onSuccess = { note("success", $0) }
        backoff.onGiveUp = { note("give up", $0) }

        var schedule = BackoffSchedule(backoff, startingAt: .seconds(1))
        _ = schedule.failed(Failure("a"), at: .seconds(2))
        schedule.succeeded(at: .seconds(4))
        _ = schedule.failed(Failure("b"), at: .seconds(5))
        _ = schedule.failed(Failure("c"), at: .seconds(6))
        _ = schedule.failed(Failure("d"), at: .seconds(8))
        #expect(
            record.entries == [
                "retry 1 1s 1s a", "success 2 3s - -", "retry 1 1s 1s b", "retry 2 2s 2s c", "give up 3 4s - d",
            ]
        )
    }

    @Test func `observers are called after the handlers there are`() {
        let told = Record<String>()
        let one = plain.limited(tries: 2).observed(onRetry: { _ in told.append("first retry") })
        let both = one.observed(
            onRetry: { _ in told.append("second retry") },
            onSuccess: { _ in told.append("success") },
            onGiveUp: { _ in told.append("give up") }
        ).observed()
        var schedule = BackoffSchedule(both)
        _ = schedule.failed(Failure(), at: .zero)
        _ = schedule.failed(Failure(), at: .zero)
        schedule.succeeded(at: .zero)
        #expect(told.entries == ["first retry", "second retry", "give up", "success"])
    }

    @Test func `moments out of range are bounded, never a trap`() {
        let far = Duration(attoseconds: .max)
        let past = Duration(attoseconds: .min)
        var schedule = BackoffSchedule(plain.limited(time: far), startingAt: past)
        #expect(schedule.failed(Failure(), at: far) == .retry(after: .seconds(1)))
        schedule.reset(at: far)
        #expect(schedule.failed(Failure(), at: past) == .retry(after: .seconds(1)))
        #expect(decisions(plain.limited(time: past), failingAt: [.zero]) == [.giveUp(.timeSpent)])
    }
}

extension BackoffScheduleTests {
    @Test func `a wait that would reach the end isn't begun, and its handler isn't told of a retry`() {
        let told = Mutex<[String]>([])
        let backoff = Backoff(waits: .constant(.seconds(2)), jitter: .none).observed(
            onRetry: { _ in told.withLock { $0.append("retry") } },
            onGiveUp: { _ in told.withLock { $0.append("give up") } }
        )
        var schedule = BackoffSchedule(backoff, startingAt: .seconds(10))
        schedule.end = .seconds(15)
        #expect(schedule.failed(Failure(), at: .seconds(12)) == .retry(after: .seconds(2)))
        #expect(schedule.failed(Failure(), at: .seconds(13)) == .giveUp(.timeSpent))
        #expect(told.withLock { $0 } == ["retry", "give up"])
    }
}
