import GraphQLTransport
import Testing

@testable import Fanout

/// A topic whose events a relay upstream numbers.
struct TopicFollowingTests {
    /// A batch of so many events.
    private static func batch(
        after token: String,
        _ count: Int = 0,
        isOpening: Bool = false,
        gap: String? = nil,
        newest: UInt64? = nil,
        hasGapBefore: Bool = false
    ) -> PayloadBatch {
        var batch = PayloadBatch([String](repeating: "1", count: count))
        batch.place.start = ResumeToken(token)
        batch.place.isOpening = isOpening
        batch.place.gap = gap
        batch.place.newest = newest
        batch.place.hasGapBefore = hasGapBefore
        return batch
    }

    /// What the shards learn, in few letters: `1-3` for events, `gap 3`, `began e:3`.
    private static func text(_ update: TopicUpdate) -> String {
        switch update {
        case .began(_, let opened):
            let history = opened.history.map(Self.text).joined(separator: ",")
            return "began \(opened.epoch):\(opened.start)" + (history.isEmpty ? "" : "[\(history)]")
                + (opened.isSuccessor ? " anew" : "")
        case .segment(_, let segment): return text(segment)
        default: return "?"
        }
    }

    private static func text(_ segment: Segment) -> String {
        switch segment.content {
        case .events(let first, let batch): "\(first)-\(first + UInt64(batch.count) - 1)"
        case .gap(let after, let reason): "gap \(after) \(reason)"
        default: "?"
        }
    }

    private static func topic(_ numbering: Topic.Numbering = .unknown) throws -> Topic {
        let definition = try TopicDefinition(name: "a", document: "subscription { a }")
        return Topic(
            id: 0,
            definition: definition,
            statistics: TopicStatistics(name: "a"),
            epoch: "own",
            numbering: numbering
        )
    }

    private static func follow(_ batches: [PayloadBatch], _ topic: inout Topic) throws -> [String] {
        try batches.flatMap { batch in
            topic.follow(batch, after: try #require(batch.start), keeping: LagPolicy(), at: .zero).map(Self.text)
        }
    }

    @Test(
        arguments: [
            // A new relay, with and without a history.
            ([batch(after: "e:7", isOpening: true)], ["began e:7"]),
            ([batch(after: "e:7", 2, isOpening: true)], ["began e:7", "8-9"]),
            ([batch(after: "e:7", 2, isOpening: true, newest: 9)], ["began e:7[8-9]"]),
            ([batch(after: "e:7", 3, isOpening: true, newest: 9)], ["began e:7[8-9]", "10-10"]),
            (
                [batch(after: "e:7", 1, isOpening: true, newest: 9), batch(after: "e:8", 2)],
                ["began e:7[8-8,9-9]", "10-10"]
            ),
            // A gap within the history.
            (
                [batch(after: "e:3", 1, isOpening: true, newest: 9), batch(after: "e:8", 2, gap: "lost")],
                ["began e:3[4-4,gap 4 lost,9-9]", "10-10"]
            ),
            // The link is lost while the history comes: the rest follows on the next one.
            (
                [
                    batch(after: "e:3", 2, isOpening: true, newest: 9),
                    batch(after: "e:5", 3, isOpening: true, newest: 12), batch(after: "e:8", 1),
                ],
                ["began e:3[4-5,6-8,9-9]"]
            ),
            (
                [
                    batch(after: "e:3", 2, isOpening: true, newest: 9),
                    batch(after: "f:0", isOpening: true, gap: "over"),
                ],
                ["began f:0"]
            ),
            // It goes on where it was.
            (
                [batch(after: "e:7", 2, isOpening: true), batch(after: "e:9", 1, isOpening: true, newest: 10)],
                ["began e:7", "8-9", "10-10"]
            ),
            ([batch(after: "e:7", 2, isOpening: true), batch(after: "e:8", 3)], ["began e:7", "8-9", "10-11"]),
            ([batch(after: "e:7", 2, isOpening: true), batch(after: "e:7", 2)], ["began e:7", "8-9"]),
            // The gaps of the relay upstream, with and without numbers that are missing.
            (
                [batch(after: "e:7", 1, isOpening: true), batch(after: "e:8", 1, gap: "lost")],
                ["began e:7", "8-8", "gap 8 lost", "9-9"]
            ),
            (
                [batch(after: "e:7", 1, isOpening: true), batch(after: "e:20", 1, isOpening: true, gap: "not held")],
                ["began e:7", "8-8", "gap 8 not held", "21-21"]
            ),
            (
                [batch(after: "e:7", 1, isOpening: true), batch(after: "e:20", 1)],
                ["began e:7", "8-8", "gap 8 the relay upstream skipped numbers", "21-21"]
            ),
            // Another epoch.
            (
                [
                    batch(after: "e:7", 1, isOpening: true),
                    batch(after: "f:0", 3, isOpening: true, gap: "over", newest: 2),
                ],
                ["began e:7", "8-8", "began f:0[1-2] anew", "gap 2 over", "3-3"]
            ),
        ] as [([PayloadBatch], [String])]
    )
    func `the numbers of the relay upstream are taken over`(_ batches: [PayloadBatch], _ expected: [String]) throws {
        var topic = try Self.topic()
        let texts = try Self.follow(batches, &topic)
        #expect(texts == expected)
        #expect(topic.head.sequence == topic.sequence)
        #expect(!topic.isBroken)
    }

    @Test func `the next operation begins after the last event`() throws {
        var topic = try Self.topic()
        #expect(topic.subscriptionStart == .last(StartPosition.maximumCount))
        _ = try Self.follow([Self.batch(after: "e:7", 1, isOpening: true, newest: 9)], &topic)
        // The history isn't whole, and yet what came of it isn't asked for again.
        #expect(topic.subscriptionStart == .after(try #require(ResumeToken("e:8"))))
        #expect(topic.isArriving && topic.epoch == "own")
        _ = try Self.follow([Self.batch(after: "e:8", 2)], &topic)
        #expect(topic.subscriptionStart == .after(try #require(ResumeToken("e:10"))))
        #expect(!topic.isArriving && topic.epoch == "e")
    }

    @Test func `a place that a gap may follow is one that can't be resumed from`() throws {
        var topic = try Self.topic()
        let batch = Self.batch(after: "e:7", 1, isOpening: true, newest: 8, hasGapBefore: true)
        let updates = topic.follow(batch, after: try #require(batch.start), keeping: LagPolicy(), at: .zero)
        guard case .began(_, let opened) = try #require(updates.first) else { return #expect(Bool(false)) }
        #expect(opened.forgottenGap == 7)
    }

    @Test func `an interruption alone and a rest are no gap, until a server has no numbers`() throws {
        var topic = try Self.topic()
        _ = try Self.follow([Self.batch(after: "e:7", 1, isOpening: true)], &topic)
        _ = topic.run(at: .zero)
        _ = topic.become(.interrupted, at: .zero)
        #expect(topic.isBroken)
        _ = try Self.follow([Self.batch(after: "e:8", isOpening: true)], &topic)
        #expect(!topic.isBroken)
        _ = topic.run(at: .zero)
        // The history is asked for anew: what happens meanwhile isn't new to those who come then.
        #expect(topic.rest(at: .zero).compactMap(\.self).map(Self.text) == ["?"])
        #expect(!topic.isBroken && topic.subscriptionStart == .last(StartPosition.maximumCount))
        let numbered = topic.numberHere()
        let opened = try #require(numbered)
        #expect(opened.epoch == "own-r1" && opened.isSuccessor && topic.sequence == 0 && topic.isBroken)
        let again = topic.numberHere() == nil
        #expect(again)
        #expect(topic.subscriptionStart == .last(StartPosition.maximumCount))
        // Back at a relay, whose numbers were taken before.
        let texts = try Self.follow([Self.batch(after: "e:9", 1, isOpening: true)], &topic)
        #expect(texts == ["began e:9 anew", "gap 9 the events are numbered anew", "10-10"])
        let epoch = topic.numberHere()?.epoch
        #expect(epoch == "own-r2")
    }

    @Test func `a server without numbers leaves them to this relay`() throws {
        var topic = try Self.topic()
        let numbered = topic.numberHere()
        let opened = try #require(numbered)
        #expect(opened.epoch == "own" && !opened.isSuccessor && opened.history.isEmpty)
        #expect(topic.record(PayloadBatch(["1"]), at: .zero).map(Self.text) == ["1-1"])
        var other = try Self.topic(.here)
        let isNumbered = other.numberHere() == nil
        #expect(isNumbered)
    }

    @Test func `who asks for the topic later is told whose numbers they are, and what is held`() throws {
        var topic = try Self.topic()
        _ = try Self.follow([Self.batch(after: "e:7", 2, isOpening: true)], &topic)
        var history = Backlog(topic: "a", epoch: "e", policy: LagPolicy(), after: 7)
        history.append(.events(8, count: 2))
        let opened = topic.opened(with: history)
        #expect(opened.isForeign && !opened.isSuccessor && opened.epoch == "e" && opened.start == 7)
        #expect(opened.history.count == 1 && opened.head.sequence == 9)
        var own = try Self.topic()
        _ = own.numberHere()
        #expect(!own.opened().isForeign)
    }

    @Test func `after a rest the history comes once more, with the same numbers or others`() throws {
        var topic = try Self.topic()
        _ = try Self.follow([Self.batch(after: "e:7", 1, isOpening: true)], &topic)
        _ = topic.rest(at: .zero)
        let same = try Self.follow([Self.batch(after: "e:6", 3, isOpening: true, newest: 9)], &topic)
        #expect(same == ["began e:6[7-9]"])
        _ = topic.rest(at: .zero)
        let other = try Self.follow([Self.batch(after: "f:0", 3, isOpening: true, newest: 2)], &topic)
        #expect(other == ["began f:0[1-2] anew", "gap 2 the events are numbered anew", "3-3"])
    }

    @Test func `a history that ends with a gap is whole`() throws {
        var topic = try Self.topic()
        let batches = [
            Self.batch(after: "e:3", 1, isOpening: true, newest: 9), Self.batch(after: "e:6", gap: "lost"),
            Self.batch(after: "e:8", gap: "lost"), Self.batch(after: "e:11", 2, gap: "lost"),
        ]
        let texts = try Self.follow(batches, &topic)
        #expect(texts == ["began e:3[4-4,gap 4 lost]", "12-13"])
        // It ends while it comes: what is there is all of it.
        var other = try Self.topic()
        _ = try Self.follow([Self.batch(after: "e:3", 2, isOpening: true, newest: 9)], &other)
        let arrived = other.adoptArrived(at: .zero).map(Self.text)
        #expect(arrived == ["began e:3[4-5]"])
    }

    @Test func `an event that can't be taken is passed over behind a gap`() throws {
        var topic = try Self.topic()
        _ = try Self.follow([Self.batch(after: "e:7", 1, isOpening: true)], &topic)
        let gap = topic.skip("too large", at: .zero).map(Self.text)
        #expect(gap == "gap 8 too large")
        #expect(topic.subscriptionStart == .after(try #require(ResumeToken("e:9"))))
        let texts = try Self.follow([Self.batch(after: "e:9", 1, isOpening: true)], &topic)
        #expect(texts == ["10-10"])
        // Within a history, too.
        var other = try Self.topic()
        _ = try Self.follow([Self.batch(after: "e:3", 1, isOpening: true, newest: 6)], &other)
        let told = other.skip("too large", at: .zero)
        #expect(told == nil)
        #expect(other.subscriptionStart == .after(try #require(ResumeToken("e:5"))))
        let rest = try Self.follow([Self.batch(after: "e:5", 1, isOpening: true, newest: 6)], &other)
        #expect(rest == ["began e:3[4-4,gap 4 too large,6-6]"])
    }

    @Test func `a history is kept within the limits`() throws {
        var policy = LagPolicy()
        policy.historyEvents = 10
        var topic = try Self.topic()
        var updates: [TopicUpdate] = []
        for number in 0..<100 as Range<UInt64> {
            var batch = Self.batch(after: "e:\(number)", 1)
            batch.place.isOpening = number == 0
            batch.place.newest = number == 0 ? 100 : nil
            updates += topic.follow(batch, after: try #require(batch.start), keeping: policy, at: .zero)
        }
        guard case .began(_, let opened) = try #require(updates.first) else { return #expect(Bool(false)) }
        #expect(opened.start == 90 && opened.history.count == 10 && opened.head.sequence == 100)
    }
}
