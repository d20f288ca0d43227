import Testing

@testable import Backoffs

struct LimitTests {
    private let plain = Backoff(waits: .constant(.seconds(1)), jitter: .none)

    @Test func `limits that are closures are asked at the first failure of a budget and no more`() {
        let asked = Record<String>()
        let backoff = plain.limited(tries: {
            asked.append("tries")
            return 3
        }).limited(time: {
            asked.append("time")
            return .seconds(100)
        })
        var schedule = BackoffSchedule(backoff)
        schedule.succeeded(at: .zero)
        schedule.reset(at: .zero)
        #expect(asked.entries.isEmpty)
        _ = schedule.failed(Failure(), at: .zero)
        _ = schedule.failed(Failure(), at: .zero)
        #expect(asked.entries.sorted() == ["time", "tries"])
        schedule.reset(at: .zero)
        _ = schedule.failed(Failure(), at: .zero)
        #expect(asked.entries.sorted() == ["time", "time", "tries", "tries"])
    }

    /// Gives the limits of the two budgets, and which failure of each is the last.
    @Test(arguments: [
        ([Int?.some(1), nil], [1, nil]), ([2, 3], [2, 3]), ([nil, 0], [nil, 1]), ([-4, 5], [1, 5]),
    ])
    func `each budget has the number of tries told when it began`(limits: [Int?], lasts: [Int?]) {
        let asked = Record<Int>()
        var schedule = BackoffSchedule(
            plain.limited(tries: {
                asked.append(1)
                return limits[min(asked.entries.count, limits.count) - 1]
            })
        )
        for last in lasts {
            schedule.reset(at: .zero)
            let found = (1...20).first { _ in schedule.failed(Failure(), at: .zero) == .giveUp(.triesSpent) }
            #expect(found == last)
        }
    }

    @Test func `a time limit that is a closure cuts the last wait`() {
        var schedule = BackoffSchedule(plain.limited(time: { .seconds(1.5) }), startingAt: .seconds(10))
        #expect(schedule.failed(Failure(), at: .seconds(10)) == .retry(after: .seconds(1)))
        #expect(schedule.failed(Failure(), at: .seconds(11)) == .retry(after: .seconds(0.5)))
        #expect(schedule.failed(Failure(), at: .seconds(11.5)) == .giveUp(.timeSpent))
    }

    @Test func `the later limit replaces the earlier, whichever kind they are`() {
        var backoff = plain.limited(tries: { 3 }).limited(time: { .seconds(3) })
        #expect(backoff.maxTries == 3)
        #expect(backoff.maxTime == .seconds(3))
        backoff.maxTries = 4
        backoff.maxTime = nil
        #expect(backoff.maxTries == 4)
        #expect(backoff.maxTime == nil)
        #expect(backoff.limited(tries: { nil }).maxTries == nil)
        #expect(backoff.limited(time: { .zero }).maxTime == .zero)
        #expect(backoff.limited(tries: { 9 }).limited(tries: 5).maxTries == 5)
    }
}
