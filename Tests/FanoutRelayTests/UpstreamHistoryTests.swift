import Testing

@testable import FanoutRelay

struct UpstreamHistoryTests {
    @Test func `the same state for the same cause is no change`() {
        var history = UpstreamHistory()
        history.note(isUp: false, "refused", at: .seconds(1))
        history.note(isUp: false, "refused", at: .seconds(2))
        history.note(isUp: false, "timeout", at: .seconds(3))
        history.note(isUp: true, nil, at: .seconds(4))
        history.note(isUp: true, nil, at: .seconds(5))
        #expect(history.entries.map(\.time) == [.seconds(1), .seconds(3), .seconds(4)])
        #expect(history.entries.map(\.cause) == ["refused", "timeout", nil])
    }

    @Test func `what is over is forgotten, but for how the hour began`() {
        var history = UpstreamHistory()
        history.note(isUp: true, nil, at: .seconds(0))
        history.note(isUp: false, "a", at: .seconds(100))
        history.note(isUp: true, nil, at: .seconds(200))
        history.note(isUp: false, "b", at: .seconds(3000))
        history.note(isUp: true, nil, at: .seconds(3900))
        // At the beginning of the hour, 300 s, it was up since 200 s.
        #expect(history.entries.map(\.time) == [200, 3000, 3900].map { .seconds($0) })
    }

    @Test func `a link that comes and goes for ever has a bounded past`() {
        var history = UpstreamHistory()
        for turn in 0..<5000 { history.note(isUp: turn % 2 == 0, "\(turn)", at: .milliseconds(turn)) }
        #expect(history.entries.count == UpstreamHistory.limit)
        #expect(history.entries.last?.cause == "4999")
    }
}
