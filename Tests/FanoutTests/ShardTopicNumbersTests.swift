import GraphQLTransport
import Testing

@testable import Fanout

/// A topic on a shard whose events a relay upstream numbers.
struct ShardTopicNumbersTests {
    private static func topic() throws -> ShardTopic {
        let definition = try TopicDefinition(name: "a", document: "subscription { a }")
        return ShardTopic(
            definition: definition,
            key: try definition.key(),
            epoch: "own",
            policy: LagPolicy(),
            isUnnumbered: true
        )
    }

    private static func opened(
        _ epoch: String = "e",
        _ history: [Segment] = [],
        after start: UInt64,
        head: UInt64? = nil,
        isForeign: Bool = true,
        isSuccessor: Bool = false
    ) -> OpenedTopic {
        OpenedTopic(
            epoch: epoch,
            status: .waiting,
            history: history,
            start: start,
            forgottenGap: nil,
            head: TopicHead(at: head ?? start),
            isForeign: isForeign,
            hasPeers: isForeign,
            isSuccessor: isSuccessor
        )
    }

    private static func token(_ text: String) throws -> StartPosition { .after(try #require(ResumeToken(text))) }

    @Test func `who comes with a token waits until it is known who numbers the events`() throws {
        var topic = try Self.topic()
        #expect(!topic.mustAwait(.usual))
        #expect(topic.mustAwait(.last(1)))
        #expect(topic.mustAwait(try Self.token("e:1")))
        _ = topic.open(Self.opened("own", after: 0, isForeign: false))
        #expect(!topic.mustAwait(.last(1)))
        // A rest changes nothing where this relay numbers them.
        topic.become(.waiting)
        #expect(!topic.mustAwait(.usual))
    }

    @Test func `a history isn't delivered as new, and who is there is told where it stands`() throws {
        var topic = try Self.topic()
        topic.backlog.append(.status(.interrupted))
        let (usual, waiting) = (Owner(.resumable, cursor: 1), Owner(.resumable))
        topic.add(usual.subscribers[0])
        topic.postpone(waiting.subscribers[0], try Self.token("e:6"))
        topic.add(waiting.subscribers[0])
        let placed = topic.open(Self.opened("e", [.events(5, count: 4)], after: 4))
        #expect(placed.map(ObjectIdentifier.init) == [ObjectIdentifier(usual.subscribers[0])])
        #expect(topic.backlog.sequence(before: usual.subscribers[0].cursor) == 8)
        #expect(topic.headBefore == topic.backlog.head)
        // Who waits begins after the event of its token.
        let after = topic.cursor(for: try Self.token("e:6"))
        #expect(after.gap == nil && topic.backlog.sequence(before: after.cursor) == 6)
        #expect(topic.history(from: after.cursor)?.newest == 8)
        #expect(topic.history(from: topic.backlog.head) == nil)
    }

    @Test func `a token that was given before the numbers began stands where they began`() throws {
        var topic = try Self.topic()
        _ = topic.open(Self.opened("e", [.events(5, count: 4)], after: 4))
        topic.append(.events(9, count: 2))
        let start = topic.cursor(for: try Self.token("own:0"))
        #expect(start.gap == nil && topic.backlog.sequence(before: start.cursor) == 8)
        #expect(topic.cursor(for: try Self.token("own:1")).gap != nil)
    }

    @Test func `a token of another relay that has come further isn't ahead`() throws {
        var topic = try Self.topic()
        _ = topic.open(Self.opened(after: 4))
        let ahead = topic.cursor(for: try Self.token("e:9"))
        #expect(ahead.gap == nil && topic.backlog.sequence(before: ahead.cursor) == 9)
        #expect(topic.cursor(for: try Self.token("e:200000")).gap != nil)
        // Where the numbers are given here there is no such event.
        var own = try Self.topic()
        _ = own.open(Self.opened("own", after: 0, isForeign: false))
        #expect(own.cursor(for: try Self.token("own:9")).gap != nil)
    }

    @Test func `after a rest everybody waits for what happened meanwhile, which isn't new`() throws {
        var topic = try Self.topic()
        _ = topic.open(Self.opened("e", [.events(5, count: 4)], after: 4))
        topic.become(.live)
        #expect(!topic.mustAwait(.usual))
        topic.become(.waiting)
        #expect(topic.mustAwait(.usual) && topic.mustAwait(.last(1)))
        // One that came just before stands where it stood.
        let early = Owner(.resumable, cursor: topic.backlog.head)
        topic.add(early.subscribers[0])
        let placed = topic.open(Self.opened("e", [.events(7, count: 6)], after: 6))
        #expect(placed.isEmpty)
        #expect(topic.backlog.sequence(before: early.subscribers[0].cursor) == 8)
        #expect(topic.backlog.sequence(before: topic.startCursor) == 12)
        #expect(!topic.mustAwait(.usual))
    }

    @Test func `with other numbers everybody begins behind the history, before the gap that follows`() throws {
        var topic = try Self.topic()
        _ = topic.open(Self.opened(after: 4))
        let client = Owner(.resumable, cursor: topic.backlog.head)
        client.subscribers[0].gap = 3
        topic.add(client.subscribers[0])
        let placed = topic.open(Self.opened("f", [.events(1, count: 3)], after: 0, isSuccessor: true))
        #expect(placed.isEmpty && client.subscribers[0].gap == nil)
        #expect(client.subscribers[0].cursor == topic.backlog.head && topic.epoch == "f")
        topic.append(.gap(after: 3))
        #expect(topic.backlog.head == client.subscribers[0].cursor + 1)
    }
}
