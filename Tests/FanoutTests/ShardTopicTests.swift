import TestSupport
import Testing

@testable import Fanout

struct ShardTopicTests {
    @Test func `subscribers are found at their places through any coming and going`() async throws {
        var generator = SplitMix(seed: 11)
        var topic = try ShardTopic.sample("a")
        var present: [Subscriber] = []
        // Clients are held here: subscribers don't own them.
        var clients: [Owner] = []
        for _ in 0..<500 {
            if present.isEmpty || Int.random(in: 0..<5, using: &generator) < 3 {
                let client = Owner(.event)
                clients.append(client)
                topic.add(client.subscribers[0])
                present.append(client.subscribers[0])
            } else {
                topic.remove(present.remove(at: Int.random(in: present.indices, using: &generator)))
            }
            let all = topic.audience.all
            #expect(all.count == present.count)
            #expect(all.indices.allSatisfy { all[$0].place == $0 })
        }
        #expect(Set(topic.audience.all.map(ObjectIdentifier.init)) == Set(present.map(ObjectIdentifier.init)))
        for subscriber in present { topic.remove(subscriber) }
        #expect(topic.audience.isEmpty)
    }

    /// With 10,000 subscribers each copy of the list took a third of a handshake's time.
    @Test func `whoever keeps a copy of a topic makes nobody copy its subscribers`() throws {
        var topic = try ShardTopic.sample("a")
        let kept = topic
        let client = Owner(.event)
        topic.add(client.subscribers[0])
        #expect(kept.audience.all.count == 1)
    }

    @Test func `a topic that has gone keeps nothing of its history`() throws {
        var topic = try ShardTopic.sample("a")
        topic.append(.events(count: 3))
        (topic.headBefore, topic.errors) = (0, [])
        topic.forgetHistory()
        #expect(topic.backlog.count == 0 && topic.backlog.head == 0 && topic.backlog.lastEvent == nil)
        #expect(topic.headBefore == nil && topic.errors == nil)
    }

    @Test func `a new subscriber starts at the head, or at the last event for a snapshot`() throws {
        var definition = try TopicDefinition(name: "a", document: "subscription { a }")
        for snapshot in TopicDefinition.Snapshot.allCases {
            definition.snapshot = snapshot
            var topic = ShardTopic(definition: definition, key: try definition.key(), epoch: "e", policy: LagPolicy())
            topic.backlog.append(.status(.live))
            #expect(topic.startCursor == 1)
            topic.backlog.append(.events(count: 3))
            #expect(topic.startCursor == (snapshot == .last ? 3 : 4))
            topic.backlog.append(.status(.interrupted))
            #expect(topic.startCursor == (snapshot == .last ? 3 : 5))
        }
    }

    /// It was closed with 1013 at the next event, and so came back 40 times before it had read a full history.
    @Test func `a client that catches up with what happened before it came isn't too slow`() throws {
        var policy = LagPolicy()
        policy.bytes = 100
        var topic = try ShardTopic.sample("a", policy: policy)
        for number in 0..<10 as Range<UInt64> { topic.backlog.append(.events(number * 10 + 1, count: 10)) }
        let client = Owner(.resumable)
        let subscriber = client.subscribers[0]
        #expect(topic.isTooFarBehind(subscriber, at: .zero))
        subscriber.statesFrom = topic.backlog.head
        #expect(!topic.isTooFarBehind(subscriber, at: .seconds(3600)))
        // Once it is where it came, it lags like any other.
        subscriber.cursor = topic.backlog.head
        for number in 10..<20 as Range<UInt64> { topic.backlog.append(.events(number * 10 + 1, count: 10)) }
        #expect(topic.isTooFarBehind(subscriber, at: .zero))
        // What isn't held any more can't be caught up with.
        subscriber.cursor = 0
        policy.historyEvents = 10
        topic.adopt(policy)
        topic.backlog.trim(at: .zero)
        #expect(topic.isTooFarBehind(subscriber, at: .zero))
    }
}
