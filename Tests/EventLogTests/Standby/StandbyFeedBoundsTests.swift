import Testing

@testable import EventLog

/// A standby's feed is bounded, whatever the server sends.
struct StandbyFeedBoundsTests {
    private static func limits(keep: Double, count: Int, bytes: Int = 1 << 20) -> StandbyLimits {
        var limits = StandbyLimits(lease: .seconds(2), bytes: bytes)
        limits.keep = .seconds(keep)
        limits.count = count
        return limits
    }

    @Test(arguments: [(1.0, 15), (2, 15), (5, 15), (6, 18), (20, 60)] as [(Double, Int)])
    func `payloads are kept for three leases, and not less than a while`(lease: Double, keep: Int) {
        let limits = StandbyLimits(lease: .seconds(lease))
        #expect(limits.keep == .seconds(keep))
        #expect(limits.lateness >= max(.seconds(lease), .seconds(2)))
        #expect(limits.count == 64 && limits.bytes == 16 << 20)
    }

    @Test func `old payloads are forgotten but for the newest`() {
        var feed = StandbyFeed(limits: Self.limits(keep: 15, count: 4), leaderStatus: .live, now: .zero)
        feed.received(StandbyFeedTests.payloads("ab"), now: .seconds(1))
        feed.received(StandbyFeedTests.payloads("cd"), now: .seconds(2))
        feed.received(StandbyFeedTests.payloads("ef"), now: .seconds(3))
        #expect(feed.firstKept == 0 && !feed.isTrimmed)
        feed.received(StandbyFeedTests.payloads("g"), now: .seconds(16.5))
        #expect(feed.firstKept == 2 && feed.isTrimmed)
        // Of what is old enough four must stay.
        feed.received(StandbyFeedTests.payloads("h"), now: .seconds(40))
        #expect(feed.firstKept == 4 && feed.count == 8)
        #expect(feed.suffix(from: 0) == StandbyFeedTests.payloads("efgh"))
        #expect(feed.suffix(from: 5) == StandbyFeedTests.payloads("fgh"))
        #expect(feed.suffix(from: 8).isEmpty && feed.suffix(from: 9).isEmpty)
    }

    @Test func `what was forgotten can't be gone on with`() {
        let limits = Self.limits(keep: 1, count: 1)
        let steps: [(Double, StandbyFeedTests.Step)] = [(0, .proven), (3, .feed("a")), (5, .feed("b"))]
        var feed = StandbyFeedTests.play(steps, until: 6, limits: limits)
        #expect(feed.align(tail: nil, now: .seconds(6)) == .none(.trimmed))
        // What the log has needn't be kept.
        feed.logged(StandbyFeedTests.payloads("a"), now: .seconds(6))
        #expect(feed.align(tail: nil, now: .seconds(6)) == .found(1))
        // A gap tells that something is left out.
        var gap = StandbyFeedTests.play(steps, until: 5, limits: limits)
        gap.loggedGap(now: .seconds(5))
        #expect(gap.align(tail: nil, now: .seconds(5)) == .found(1))
    }

    @Test func `the newest payloads stay when there is no room for all`() {
        var feed = StandbyFeed(limits: Self.limits(keep: 15, count: 64, bytes: 1000), leaderStatus: .live, now: .zero)
        for number in UInt8(0)..<10 { feed.received(EventPayloads(Array(repeating: number, count: 256)), now: .zero) }
        // Each costs a little more than its bytes.
        #expect(feed.firstKept == 8)
        // A batch that is too large leaves its newest.
        var batch = EventPayloads()
        for number in UInt8(10)..<20 { batch.append(Array(repeating: number, count: 256)) }
        feed.received(batch, now: .zero)
        #expect(feed.firstKept == 17 && feed.count == 20)
        #expect(feed.suffix(from: 17) == batch.suffix(after: 7))
        // A payload for which there is no room counts, and isn't kept.
        feed.received(EventPayloads(Array(repeating: 1, count: 1000)), now: .zero)
        #expect(feed.firstKept == 21 && feed.count == 21)
        feed.received(EventPayloads([1]), now: .zero)
        #expect(feed.firstKept == 21 && feed.suffix(from: 0).count == 1)
    }

    @Test func `small payloads don't cost more than there is room for`() {
        let limits = Self.limits(keep: 15, count: 64, bytes: 100_000)
        var feed = StandbyFeed(limits: limits, leaderStatus: .live, now: .zero)
        for _ in 0..<10_000 { feed.received(EventPayloads([1]), now: .zero) }
        #expect(feed.count - feed.firstKept < 100_000 / 128)
    }

    @Test func `places that are too many to try are given up`() {
        var feed = StandbyFeed(limits: StandbyFeedTests.limits, leaderStatus: .live, now: .zero)
        // Each tried with each these would be ten thousand millions.
        for _ in 0..<100_000 {
            feed.received(EventPayloads([1]), now: .zero)
            feed.logged(EventPayloads([1]), now: .zero)
        }
        #expect(feed.align(tail: nil, now: .zero) == .none(.ambiguous))
        #expect(feed.needsRestart)
    }

    @Test func `a log that is too far ahead is given up`() {
        var feed = StandbyFeed(limits: StandbyFeedTests.limits, leaderStatus: .live, now: .zero)
        for number in 0..<OffsetSearch.largestLag { feed.logged(EventPayloads("\(number)".utf8), now: .zero) }
        #expect(!feed.needsRestart)
        feed.logged(EventPayloads("x".utf8), now: .zero)
        #expect(feed.align(tail: nil, now: .zero) == .none(.behind))
        #expect(feed.needsRestart)
    }
}
