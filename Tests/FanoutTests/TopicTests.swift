import GraphQLTransport
import Synchronization
import Testing

@testable import Fanout

struct TopicTests {
    private static func topic() throws -> Topic {
        Topic(
            id: 3,
            definition: try TopicDefinition(name: "a", document: "subscription { a }"),
            statistics: TopicStatistics(name: "a")
        )
    }

    @Test func `events are numbered from 1 without a hole`() throws {
        var topic = try Self.topic()
        let first = topic.record(PayloadBatch(["1", "2"]), at: .seconds(5))
        let second = topic.record(PayloadBatch(["3"]), at: .seconds(6))
        #expect(first.count == 1)
        guard case .events(first: 1, let batch) = first[0].content else {
            Issue.record("no events")
            return
        }
        #expect(batch.count == 2)
        #expect(first[0].time == .seconds(5))
        #expect(first[0].count == 2)
        #expect(first[0].size == 2)
        guard case .events(first: 3, _) = second[0].content else {
            Issue.record("a hole in the numbers")
            return
        }
        #expect(topic.sequence == 3)
    }

    @Test func `dropped payloads leave a gap in front of what follows`() throws {
        var topic = try Self.topic()
        _ = topic.record(PayloadBatch(["1"]), at: .zero)
        let segments = topic.record(PayloadBatch(["5"], dropped: 3), at: .zero)
        #expect(segments.count == 2)
        guard case .gap(after: 1, let reason) = segments[0].content, case .events(first: 2, _) = segments[1].content
        else {
            Issue.record("no gap, or at the wrong place")
            return
        }
        #expect(reason.contains("3"))
        #expect(topic.statistics.gaps.load(ordering: .relaxed) == 1)
    }

    @Test func `a batch of nothing makes no segment`() throws {
        var topic = try Self.topic()
        #expect(topic.record(PayloadBatch([]), at: .zero).isEmpty)
        #expect(topic.sequence == 0)
    }

    @Test(arguments: [0.1, 5])
    func `a gap is told once for an outage, though its end was a refusal at once`(life: Double) throws {
        var topic = try Self.topic()
        _ = topic.become(.live, at: .zero)
        _ = topic.record(PayloadBatch(["1"]), at: .zero)
        _ = topic.become(.interrupted, at: .seconds(10))
        #expect(topic.isBroken)
        _ = topic.gap("lost", at: .seconds(11))
        _ = topic.run(at: .seconds(11))
        // The server takes the operation, and says no to it then.
        _ = topic.refuse(at: .seconds(11 + life))
        // Who came while it ran for long missed something that nobody has told.
        #expect(topic.isBroken == (life > 1))
        _ = topic.become(.interrupted, at: .seconds(20))
        #expect(topic.isBroken == (life > 1))
    }

    @Test func `a gap is told for each outage`() throws {
        var topic = try Self.topic()
        _ = topic.become(.live, at: .zero)
        _ = topic.record(PayloadBatch(["1"]), at: .zero)
        for time in [10, 20] {
            _ = topic.become(.interrupted, at: .seconds(time))
            #expect(topic.isBroken)
            _ = topic.gap("lost", at: .seconds(time))
            _ = topic.run(at: .seconds(time))
        }
        _ = topic.refuse(at: .seconds(20))
        #expect(!topic.isBroken)
        _ = topic.run(at: .seconds(21))
        _ = topic.record(PayloadBatch(["2"]), at: .seconds(21))
        _ = topic.refuse(at: .seconds(21))
        #expect(topic.isBroken)
    }

    @Test func `a state is news once`() throws {
        var topic = try Self.topic()
        #expect(topic.become(.waiting, at: .zero) == nil)
        #expect(topic.become(.live, at: .zero) != nil)
        #expect(topic.become(.live, at: .zero) == nil)
        let statistics = topic.statistics
        let whileLive = statistics.live.load(ordering: .relaxed) == 1
        #expect(whileLive)
        #expect(topic.become(.interrupted, at: .zero) != nil)
        let afterwards = statistics.live.load(ordering: .relaxed) == 1
        #expect(!afterwards)
    }

    @Test func `events and their bytes are counted`() throws {
        var topic = try Self.topic()
        _ = topic.record(PayloadBatch(["12", "345"]), at: .milliseconds(1500))
        #expect(topic.statistics.events.load(ordering: .relaxed) == 2)
        #expect(topic.statistics.bytes.load(ordering: .relaxed) == 5)
        #expect(topic.statistics.lastEvent.load(ordering: .relaxed) == 1500)
    }
}
