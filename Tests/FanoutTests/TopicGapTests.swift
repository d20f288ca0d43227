import GraphQLTransport
import Testing

@testable import Fanout

/// Which interruptions of a topic leave a gap.
struct TopicGapTests {
    enum Step: CustomStringConvertible {
        /// The operation runs; after the event of this number a gap is recorded, or none.
        case live(gap: UInt64?)
        case event
        /// The link is lost.
        case interrupted
        /// The server answers with errors, so long after the operation began.
        case refused(after: Duration)
        /// The back-off gives up.
        case gaveUp
        /// Nobody listens; after the event of this number a gap is recorded, or none.
        case rest(gap: UInt64?)

        var description: String {
            switch self {
            case .live(let gap): gap.map { "live with a gap after \($0)" } ?? "live"
            case .event: "event"
            case .interrupted: "interrupted"
            case .refused(let time): "refused after \(time)"
            case .gaveUp: "gave up"
            case .rest(let gap): gap.map { "rest with a gap after \($0)" } ?? "rest"
            }
        }
    }

    private static let atOnce = Step.refused(after: .milliseconds(10))
    private static let late = Step.refused(after: .seconds(1))

    @Test(
        arguments: [
            [.live(gap: nil), .interrupted, .live(gap: 0)],
            [.live(gap: nil), .event, .interrupted, .live(gap: 1)],
            // It never ran: nothing is lost.
            [.interrupted, .live(gap: nil)],
            [.interrupted, .gaveUp, .live(gap: nil)],
            [.live(gap: nil), atOnce, .live(gap: nil)],
            [.live(gap: nil), atOnce, .interrupted, .live(gap: nil)],
            [.live(gap: nil), atOnce, .live(gap: nil), .event, .interrupted, .live(gap: 1)],
            [.live(gap: nil), atOnce, .live(gap: nil), .interrupted, .live(gap: 0)],
            // It had been taken when the server ended it.
            [.live(gap: nil), late, .live(gap: 0)],
            [.live(gap: nil), .event, atOnce, .live(gap: 1)],
            // Outages in a row: each is told, since somebody may have come in between.
            [
                .live(gap: nil), .interrupted, .live(gap: 0), .interrupted, .live(gap: 0), .event, .interrupted,
                .live(gap: 1),
            ],
            [.live(gap: nil), .interrupted, .interrupted, .live(gap: 0)],
            [.live(gap: nil), .interrupted, .gaveUp, .live(gap: 0)],
            [.live(gap: nil), .gaveUp, .live(gap: 0)],
            // A refusal in between swallows nothing more, and hides nothing.
            [.live(gap: nil), .interrupted, atOnce, .live(gap: 0)],
            [.live(gap: nil), .interrupted, .live(gap: 0), atOnce, .live(gap: nil)],
            [.live(gap: nil), .event, .interrupted, .live(gap: 1), atOnce, .interrupted, .live(gap: nil)],
            // Rests.
            [.rest(gap: nil), .live(gap: nil)],
            [.live(gap: nil), .rest(gap: 0), .live(gap: nil), .rest(gap: nil), .live(gap: nil)],
            [.live(gap: nil), .interrupted, .rest(gap: 0), .live(gap: nil)],
            [.live(gap: nil), .interrupted, .live(gap: 0), .rest(gap: nil), .live(gap: nil)],
            [.live(gap: nil), atOnce, .rest(gap: nil), .live(gap: nil)],
            [.live(gap: nil), .event, .rest(gap: 1), .live(gap: nil), atOnce, .live(gap: nil)],
            [.live(gap: nil), .rest(gap: 0), .live(gap: nil), .event, .rest(gap: 1), .live(gap: nil)],
            [.live(gap: nil), .rest(gap: 0), .live(gap: nil), .interrupted, .live(gap: 0)],
        ] as [[Step]]
    )
    func `a gap is recorded where an operation that ran may have missed something`(steps: [Step]) throws {
        let definition = try TopicDefinition(name: "a", document: "subscription { a }")
        var topic = Topic(id: 0, definition: definition, statistics: TopicStatistics(name: "a"))
        var now = Duration.seconds(100)
        for step in steps {
            switch step {
            case .live(let expected):
                var gap: UInt64?
                if topic.isBroken { gap = topic.gap("lost", at: now).sequenceBefore }
                #expect(gap == expected, "\(step)")
                #expect(topic.run(at: now) != nil)
            case .event:
                _ = topic.record(PayloadBatch(["1"]), at: now)
            case .interrupted:
                _ = topic.become(.interrupted, at: now)
            case .refused(let time):
                now += time
                _ = topic.refuse(at: now)
                #expect(topic.status == .failed)
            case .gaveUp:
                _ = topic.become(.failed, at: now)
            case .rest(let expected):
                let gap = topic.rest(at: now)[0]
                #expect(gap?.sequenceBefore == expected, "\(step)")
            }
        }
    }

    @Test func `a dropped payload is a gap, which an interruption adds to`() throws {
        let definition = try TopicDefinition(name: "a", document: "subscription { a }")
        var topic = Topic(id: 0, definition: definition, statistics: TopicStatistics(name: "a"))
        _ = topic.run(at: .zero)
        #expect(topic.record(PayloadBatch([], dropped: 2), at: .zero).first?.sequenceBefore == 0)
        #expect(!topic.isBroken)
        _ = topic.become(.interrupted, at: .zero)
        #expect(topic.isBroken)
    }

    @Test func `the shards know how far it has come before they get its events`() throws {
        let definition = try TopicDefinition(name: "a", document: "subscription { a }")
        let head = TopicHead()
        var topic = Topic(id: 0, definition: definition, statistics: TopicStatistics(name: "a"), head: head)
        #expect(head.sequence == 0)
        _ = topic.record(PayloadBatch(["1", "2"]), at: .zero)
        #expect(head.sequence == 2)
    }
}
