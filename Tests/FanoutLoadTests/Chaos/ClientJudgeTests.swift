import Testing

@testable import FanoutLoad

@Suite struct ClientJudgeTests {
    /// What a client is sent.
    enum Step {
        case event(Int64, Int64)
        case eventOfNewEpoch(Int64, Int64)
        case gap(Int64)
        case gapOfNewEpoch(Int64)
    }

    typealias Case = (what: String, steps: [Step], counts: ClientJudge.Counts)

    static let cases: [Case] = [
        ("all is well", [.event(5, 1), .event(6, 2), .event(7, 3)], .init(events: 3)),
        (
            "an event is lost untold, and its number too", [.event(5, 1), .event(7, 3)],
            .init(events: 2, lost: 1, holes: 1)
        ),
        ("an event is lost untold, and numbers go on", [.event(5, 1), .event(7, 2)], .init(events: 2, lost: 1)),
        ("an event comes twice", [.event(5, 1), .event(6, 2), .event(6, 2)], .init(events: 3, doubled: 1)),
        (
            "an event comes twice, with a number of its own", [.event(5, 1), .event(5, 2), .event(6, 3)],
            .init(events: 3, doubled: 1)
        ),
        (
            "an event comes late", [.event(5, 1), .event(7, 3), .event(6, 2)],
            .init(events: 3, reordered: 1, holes: 1)
        ),
        (
            "a gap is told and something was missed", [.event(5, 1), .gap(1), .event(9, 2)],
            .init(events: 2, gaps: 1, missed: 3)
        ),
        (
            "a gap is told and nothing was missed", [.event(5, 1), .gap(1), .event(6, 2)],
            .init(events: 2, falseGaps: 1, gaps: 1)
        ),
        (
            "two gaps are told at one place", [.event(5, 1), .gap(1), .gap(1), .event(9, 2)],
            .init(events: 2, gaps: 2, missed: 3)
        ),
        (
            "a gap excuses one jump alone", [.event(5, 1), .gap(1), .event(7, 2), .event(9, 3)],
            .init(events: 3, lost: 1, gaps: 1, missed: 1)
        ),
        (
            "numbers don't go on where the gap says", [.event(5, 1), .gap(4), .event(9, 7)],
            .init(events: 2, holes: 1, gaps: 1, missed: 3)
        ),
        ("a gap skips numbers", [.event(5, 1), .gap(4), .event(9, 5)], .init(events: 2, gaps: 1, missed: 3)),
        ("another epoch without a gap", [.event(5, 1), .eventOfNewEpoch(6, 1)], .init(events: 2, holes: 1)),
        (
            "another epoch by a gap, whatever was missed", [.event(5, 9), .gapOfNewEpoch(0), .event(6, 1)],
            .init(events: 2, gaps: 1)
        ),
        ("a gap before the first event", [.gap(3), .event(5, 4), .event(6, 5)], .init(events: 2, gaps: 1)),
        ("a number of the relay comes for another event", [.event(5, 2), .event(6, 2)], .init(events: 2, holes: 1)),
    ]

    @Test(arguments: cases.indices)
    func `what a client gets is judged`(index: Int) {
        let (what, steps, counts) = Self.cases[index]
        var judge = ClientJudge()
        for step in steps {
            switch step {
            case .event(let number, let sequence): judge.event(number, sequence: sequence, isEpochNew: false)
            case .eventOfNewEpoch(let number, let sequence): judge.event(number, sequence: sequence, isEpochNew: true)
            case .gap(let sequence): judge.gap(after: sequence, isEpochNew: false)
            case .gapOfNewEpoch(let sequence): judge.gap(after: sequence, isEpochNew: true)
            }
        }
        #expect(judge.counts == counts, "\(what)")
    }
}
