import AccessTokens
import Testing

/// When a key set is fetched.
struct KeySetScheduleTests {
    private static func fetched(at now: Duration = .zero, lifetime: Duration? = nil, jitter: Double = 0)
        -> KeySetSchedule
    {
        var schedule = KeySetSchedule()
        _ = schedule.ask(.due, at: now)
        schedule.succeeded(at: now, lifetime: lifetime, jitter: jitter)
        return schedule
    }

    @Test(
        arguments: [
            (nil, 0, 600), (nil, 1, 540), (300, 0, 300), (0, 0, 60), (59, 0, 60), (3600, 0, 3600), (1e6, 0, 3600),
            (300, 0.5, 285),
        ] as [(Double?, Double, Double)]
    )
    func `a set is fetched again when it is old, as the server says within bounds`(
        lifetime: Double?,
        jitter: Double,
        due: Double
    ) {
        let schedule = Self.fetched(at: .seconds(7), lifetime: lifetime.map { .seconds($0) }, jitter: jitter)
        #expect(schedule.due == .seconds(7 + due))
        #expect(!schedule.isFailing)
    }

    @Test func `without a set the waits double up to a minute`() {
        var schedule = KeySetSchedule()
        #expect(schedule.due == .zero)
        var waits: [Duration] = []
        for _ in 0..<40 {
            #expect(schedule.ask(.due, at: .zero) == .begins)
            #expect(schedule.due == nil)
            schedule.failed(at: .zero, jitter: 0)
            waits.append(schedule.due ?? .zero)
            #expect(schedule.isFailing)
        }
        #expect(Array(waits[..<8]) == [1, 2, 4, 8, 16, 32, 60, 60].map(Duration.seconds))
        #expect(waits.last == .seconds(60))
        _ = schedule.ask(.due, at: .zero)
        schedule.failed(at: .zero, jitter: 1)
        #expect(schedule.due == .seconds(30))
        _ = schedule.ask(.due, at: .zero)
        schedule.succeeded(at: .zero, lifetime: nil, jitter: 0)
        #expect(!schedule.isFailing)
    }

    @Test func `with a set a failure is repaired after a minute`() {
        var schedule = Self.fetched()
        for _ in 0..<3 {
            #expect(schedule.ask(.due, at: .seconds(1000)) == .begins)
            schedule.failed(at: .seconds(1000), jitter: 0)
            #expect(schedule.due == .seconds(1060))
        }
    }

    @Test func `unknown keys cause one fetch in half a minute, and the operator as many as he likes`() {
        var schedule = Self.fetched()
        #expect(schedule.ask(.unknownKey, at: .seconds(29.9)) == .tooSoon)
        #expect(schedule.ask(.unknownKey, at: .seconds(30)) == .begins)
        #expect(schedule.ask(.unknownKey, at: .seconds(31)) == .isUnderWay)
        #expect(schedule.ask(.operatorsWish, at: .seconds(31)) == .isUnderWay)
        schedule.succeeded(at: .seconds(32), lifetime: nil, jitter: 0)
        // It counts from the begin, and whatever the fetch was made for.
        #expect(schedule.ask(.unknownKey, at: .seconds(59)) == .tooSoon)
        #expect(schedule.ask(.operatorsWish, at: .seconds(59)) == .begins)
        schedule.failed(at: .seconds(60), jitter: 0)
        #expect(schedule.ask(.unknownKey, at: .seconds(88)) == .tooSoon)
        #expect(schedule.ask(.unknownKey, at: .seconds(89)) == .begins)
    }

    @Test(
        arguments: [
            ("max-age=300", 300), ("public, max-age=60", 60), ("Max-Age = 60", 60), (#"max-age="60""#, 60),
            ("max-age=10, max-age=20", 10), ("no-store", 0), ("max-age=300, no-cache", 0), ("s-maxage=9", nil),
            ("max-age", nil), ("max-age=", nil), ("max-age=-1", nil), ("max-age=1.5", nil), ("", nil),
            (String(repeating: ",", count: 1000), nil), ("max-age=99999999999999999999", 315_360_000),
        ] as [(String, Int?)]
    )
    func `the server's word is read`(field: String, seconds: Int?) {
        #expect(FreshnessLifetime.parse(field) == seconds.map { .seconds($0) })
    }
}
