import TestSupport
import Testing

@testable import Backoffs

struct HintTests {
    struct Refusal: RetryHinting {
        var retryAfter: Duration?
    }

    /// The wait after one failure that hints at so many seconds; the back-off's own wait is 7 s.
    @Test(arguments: [
        (Double?.some(3), Duration.seconds(60), Duration.seconds(3)),
        (60, .seconds(60), .seconds(60)),
        (61, .seconds(60), .seconds(60)),
        (1e18, .seconds(60), .seconds(60)),
        (0.001, .seconds(60), .milliseconds(1)),
        (1e18, .seconds(Int64.max), .longestWait),
        (nil, .seconds(60), .seconds(7)),
        (0, .seconds(60), .seconds(7)),
        (-5, .seconds(60), .seconds(7)),
        (3, .zero, .seconds(7)),
        (3, .seconds(-1), .seconds(7)),
    ])
    func `a hint is followed as far as allowed`(seconds: Double?, max: Duration, wait: Duration) {
        let backoff = Backoff.constant(.seconds(7)).hinted(max: max, jitter: .none)
        var schedule = BackoffSchedule(backoff)
        let error = Refusal(retryAfter: seconds.map { .seconds($0) })
        #expect(schedule.failed(error, at: .zero) == .retry(after: wait))
    }

    @Test func `only a back-off that listens follows a hint`() {
        var schedule = BackoffSchedule(.constant(.seconds(7)))
        #expect(schedule.failed(Refusal(retryAfter: .seconds(3)), at: .zero) == .retry(after: .seconds(7)))
    }

    @Test func `an own reader takes the place of what the error says`() {
        let backoff = Backoff.constant(.seconds(7)).hinted(jitter: .none) { error in
            (error as? Failure).map { .seconds($0.name.count) }
        }
        var schedule = BackoffSchedule(backoff)
        #expect(schedule.failed(Failure("four"), at: .zero) == .retry(after: .seconds(4)))
        #expect(schedule.failed(Refusal(retryAfter: .seconds(3)), at: .zero) == .retry(after: .seconds(7)))
    }

    @Test func `a hinted wait has a jitter of its own, never too early by default`() {
        var generator = SplitMix(seed: 9)
        var waits: Set<Duration> = []
        let backoff = Backoff(waits: .constant(.seconds(500)), jitter: .full).hinted()
        for _ in 0..<100 {
            var schedule = BackoffSchedule(backoff)
            let decision = schedule.failed(Refusal(retryAfter: .seconds(30)), at: .zero, using: &generator)
            if let wait = decision.wait { waits.insert(wait) }
        }
        #expect(waits.count == 100)
        #expect(waits.allSatisfy { (.seconds(30))...(.seconds(31)) ~= $0 })
    }

    @Test func `a hinted failure uses up a wait`() {
        var schedule = BackoffSchedule(
            Backoff(waits: [.seconds(10), .seconds(20)], jitter: .none).hinted(jitter: .none)
        )
        #expect(schedule.failed(Refusal(retryAfter: .seconds(3)), at: .zero) == .retry(after: .seconds(3)))
        #expect(schedule.failed(Failure(), at: .zero) == .retry(after: .seconds(20)))
        #expect(schedule.failed(Refusal(retryAfter: .seconds(3)), at: .zero) == .giveUp(.waitsSpent))
    }

    @Test func `the limits hold for hinted waits`() {
        let hinted = Backoff.constant(.seconds(7)).hinted(jitter: .none)
        let refusal = Refusal(retryAfter: .seconds(30))
        var tries = BackoffSchedule(hinted.limited(tries: 2))
        #expect(tries.failed(refusal, at: .zero) == .retry(after: .seconds(30)))
        #expect(tries.failed(refusal, at: .zero) == .giveUp(.triesSpent))
        var time = BackoffSchedule(hinted.limited(time: .seconds(40)))
        #expect(time.failed(refusal, at: .seconds(15)) == .retry(after: .seconds(25)))
        #expect(time.failed(refusal, at: .seconds(40)) == .giveUp(.timeSpent))
        var fatal = BackoffSchedule(hinted.givingUp { $0 is Refusal })
        #expect(fatal.failed(refusal, at: .zero) == .giveUp(.fatal))
        var off = BackoffSchedule(Backoff.off.hinted())
        #expect(off.failed(refusal, at: .zero) == .giveUp(.triesSpent))
    }

    @Test func `a hint of the command line listens to the error`() throws {
        let backoff = try Backoff(parsing: "hint(max: 5s, jitter: none) or constant(7s) jitter: none tries: 3")
        var schedule = BackoffSchedule(backoff)
        #expect(schedule.failed(Refusal(retryAfter: .seconds(30)), at: .zero) == .retry(after: .seconds(5)))
        #expect(schedule.failed(Failure(), at: .zero) == .retry(after: .seconds(7)))
        #expect(schedule.failed(Failure(), at: .zero) == .giveUp(.triesSpent))
    }
}
