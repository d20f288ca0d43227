import Fanout
import GraphQLTransport
import Testing

@testable import EventLog
@testable import FanoutRelay

/// What a relay that stands by makes of its own operation.
struct StandbyTopicTests {
    /// What happens; each letter is an event.
    enum Step {
        case status(TopicStatus)
        case events(String)
        case gap
        case log(String)
        case logGap
    }

    static let limits = StandbyLimits(lease: .seconds(2))

    /// Plays steps, each 100 ms after the one before, and then some seconds with nothing but the leader's beats.
    static func play(_ steps: [Step], refetches: Bool = false) -> (topic: StandbyTopic, end: Duration) {
        var topic = StandbyTopic(limits, leaderStatus: .live, refetches: refetches, now: .zero)
        var now = Duration.zero
        for step in steps + Array(repeating: .log(""), count: 40) {
            now += .milliseconds(100)
            switch step {
            case .status(let status): topic.take(segment(.status(status), now), now: now)
            case .events(let letters):
                let batch = PayloadBatch(payloads(letters))
                topic.take(segment(.events(first: 1, batch), now), now: now)
            case .gap: topic.take(segment(.gap(after: 0, reason: ""), now), now: now)
            case .log(let letters):
                let content = LogUpdate.Content.events(first: 1, payloads(letters))
                topic.take(LogUpdate(content, of: TopicHash(high: 0, low: 0), at: 0), now: now)
            case .logGap:
                let content = LogUpdate.Content.gap(after: 0, reason: "")
                topic.take(LogUpdate(content, of: TopicHash(high: 0, low: 0), at: 0), now: now)
            }
            topic.heard(isNewTerm: false, now: now)
            topic.tick(now: now)
        }
        return (topic, now)
    }

    private static func segment(_ content: Segment.Content, _ now: Duration) -> TopicUpdate {
        .segment(topic: 1, Segment(content, at: now))
    }

    private static func payloads(_ letters: String) -> EventPayloads {
        var payloads = EventPayloads()
        for letter in letters.utf8 { payloads.append(CollectionOfOne(letter)) }
        return payloads
    }

    @Test(
        arguments: [
            ([.status(.live)], false, "aligned"),
            ([.status(.live), .events("ab"), .log("a"), .log("b")], false, "aligned"),
            // What the log says first may have happened before.
            ([.status(.live), .events("b"), .log("ab")], false, "aligned"),
            // The leader doesn't get what this relay gets.
            ([.status(.live), .events("ab"), .log("a")], false, "restart"),
            // It doesn't run.
            ([], false, "waits"),
            ([.status(.interrupted)], false, "waits"),
            // The link was lost, and the operation runs again: the gap before it is about the former one.
            (
                [
                    .status(.live), .events("a"), .log("a"), .status(.interrupted), .gap, .status(.live), .events("b"),
                    .log("b"),
                ], false, "aligned"
            ),
            // The event that replaces missed ones isn't among those that the leader's operation brings.
            ([.status(.live), .status(.interrupted), .gap, .status(.live), .events("b"), .log("b")], true, "restart"),
            ([.status(.interrupted), .status(.live)], true, "restart"),
            ([.status(.waiting), .status(.live)], true, "aligned"),
            // Too much came at once.
            ([.status(.live), .events("a"), .gap, .events("c")], false, "restart"),
            // The server sends each subscription something else.
            ([.status(.live), .events("abc"), .log("xyz")], false, "restart"),
            ([.status(.live), .events("ab"), .log("a"), .logGap, .log("b")], false, "aligned"),
        ] as [([Step], Bool, String)]
    )
    func `it is ready, waits, or must be sent anew`(steps: [Step], refetches: Bool, state: String) {
        var (topic, end) = Self.play(steps, refetches: refetches)
        let isAligned = topic.isAligned(to: nil, now: end)
        #expect((topic.needsRestart ? "restart" : isAligned ? "aligned" : "waits") == state)
        #expect(!(topic.needsRestart && isAligned))
    }

    /// A relay upstream numbers the events, and goes on behind any of them.
    @Test func `numbers of a relay upstream need no place`() {
        var (topic, end) = Self.play([.status(.live), .events("abc"), .log("xyz")])
        let opened = OpenedTopic(
            epoch: "e",
            status: .waiting,
            history: [],
            forgottenGap: nil,
            head: TopicHead(),
            isForeign: true
        )
        topic.take(.began(topic: 1, opened), now: end)
        #expect(topic.isForeign)
        let isAligned = topic.isAligned(to: nil, now: end)
        #expect(isAligned)
        #expect(!topic.needsRestart)
    }
}
