import GraphQLTransport
import Testing

@testable import Fanout

/// Operations that join a topic of clients which runs already.
struct LateOperationTests {
    private static func topic(
        _ segments: [Segment],
        snapshot: TopicDefinition.Snapshot = .none,
        isClientTopic: Bool = true
    ) throws -> ShardTopic {
        let source = try TopicDefinition(name: "a", document: "subscription { a }")
        var definition = TopicDefinition(clientTopic: "*")
        definition.snapshot = snapshot
        var topic = ShardTopic(
            definition: definition,
            key: try source.key(),
            epoch: "e",
            policy: LagPolicy(),
            request: isClientTopic ? try GraphQLRequest(query: source.document) : nil
        )
        for segment in segments { topic.append(segment) }
        return topic
    }

    private static let three = [Segment.status(.live), .events(count: 3)]

    @Test(
        arguments: [
            // Before it, how it begins, after it; whether it got nothing of a run that had something.
            (three, .none, .usual, [], true),
            (three, .none, .usual, [.status(.interrupted), .gap(after: 3), .status(.live)], true),
            (three + [.gap(after: 3)], .none, .usual, [], true),
            (three, .none, .usual, [.events(4, count: 1)], false),
            (three, .last, .usual, [], false),
            (three, .none, .last(1), [], false),
            // A run without an event is complete without one.
            ([], .none, .usual, [], false),
            ([.status(.live), .gap(after: 0)], .none, .usual, [], false),
            ([], .none, .usual, [.events(count: 1)], false),
            ([], .none, .last(1), [.events(count: 1)], false),
        ] as [([Segment], TopicDefinition.Snapshot, StartPosition, [Segment], Bool)]
    )
    func `an operation is late when it came after all events of a run that had some`(
        before: [Segment],
        snapshot: TopicDefinition.Snapshot,
        startPosition: StartPosition,
        after: [Segment],
        isLate: Bool
    ) async throws {
        let client = Owner(.graphQL, id: "1")
        let subscriber = client.subscribers[0]
        var topic = try Self.topic(before, snapshot: snapshot)
        topic.begin(subscriber, at: topic.cursor(for: startPosition).cursor)
        topic.add(subscriber)
        for segment in after { topic.append(segment) }
        #expect(topic.missed(subscriber) == isLate)
        topic.remove(subscriber)
    }

    @Test func `an operation of the operator's topic never is`() async throws {
        let client = Owner(.graphQL, id: "1")
        let topic = try Self.topic(Self.three, isClientTopic: false)
        topic.begin(client.subscribers[0], at: topic.startCursor)
        #expect(client.subscribers[0].cursor == 4)
        #expect(!topic.missed(client.subscribers[0]))
    }

    @Test(arguments: [Encoding.event, .eventStream, .payloadStream])
    func `what is replayed has gaps and no states, what comes later has both`(encoding: Encoding) async throws {
        var topic = try ShardTopic.sample("a")
        topic.append(.status(.live))
        topic.append(.events(count: 1))
        topic.append(.status(.interrupted))
        topic.append(Segment(.refused(errors: Array("[]".utf8)), at: .zero))
        topic.append(.gap(after: 1))
        topic.append(.status(.live))
        let joined = topic.backlog.head
        let client = Owner(encoding, cursor: 0)
        client.subscribers[0].statesFrom = joined
        let neighbour = Owner(encoding, cursor: 0)
        topic.append(.status(.waiting))
        var topics = [topic]
        var buffer = FrameBuffer()
        func texts(_ client: Owner) -> [String] {
            buffer.fill(for: client.subscribers, from: &topics)
            let text = String(decoding: buffer.bytes, as: UTF8.self)
            _ = buffer.advance(client.subscribers, sent: buffer.bytes.count)
            return ["event", "gap", "live", "interrupted", "error", "waiting"].filter {
                text.contains("\"type\":\"\($0)\"") || text.contains("\"upstream\":\"\($0)\"")
                    || $0 == "event" && text.contains("xxx")
            }
        }
        #expect(texts(client) == ["event", "gap", "waiting"])
        #expect(client.subscribers[0].cursor == topics[0].backlog.head)
        // One that lags needs them, at the same place.
        #expect(texts(neighbour) == ["event", "gap", "live", "interrupted", "error", "waiting"])
    }
}
