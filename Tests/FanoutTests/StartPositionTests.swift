import GraphQLTransport
import Testing

@testable import Fanout

struct StartPositionTests {
    /// status, events 1 to 3, a gap, events 4 and 5, status; events 1 to 3 are gone when `isTrimmed`.
    private static func backlog(isTrimmed: Bool = false) -> Backlog {
        var policy = LagPolicy()
        policy.historyAge = .seconds(10)
        var backlog = Backlog(topic: "t", epoch: "e", policy: policy)
        backlog.append(.status(.live))
        backlog.append(.events(count: 3))
        let time: Duration = isTrimmed ? .seconds(100) : .zero
        backlog.append(.gap(after: 3, at: time))
        backlog.append(.events(4, count: 2, at: time))
        backlog.append(.status(.interrupted, at: time))
        backlog.trim(at: time)
        return backlog
    }

    @Test(arguments: [(0, 0), (1, 2), (2, 3), (3, 4), (4, 6), (5, 7)] as [(UInt64, Position)])
    func `after an event comes what was recorded next, a gap included`(sequence: UInt64, position: Position) {
        #expect(Self.backlog().position(after: sequence) == (position, true))
    }

    @Test(arguments: [0, 1, 2] as [UInt64])
    func `after an event whose next one is gone something is missing`(sequence: UInt64) {
        let backlog = Self.backlog(isTrimmed: true)
        #expect(backlog.tail == 4)
        #expect(backlog.position(after: sequence) == (4, false))
    }

    @Test func `after an event that is gone nothing is missing when all that followed is held`() {
        var backlog = Self.backlog(isTrimmed: true)
        #expect(backlog.position(after: 3) == (4, true))
        #expect(backlog.position(after: 4) == (6, true))
        // The gap goes too: who was before it must be told.
        backlog.append(.events(6, count: 1, at: .seconds(200)))
        backlog.trim(at: .seconds(105))
        #expect(backlog.position(after: 3) == (4, true))
        backlog.append(.events(7, count: 1, at: .seconds(200)))
        backlog.trim(at: .seconds(200))
        #expect(backlog.position(after: 3) == (8, false))
        #expect(backlog.position(after: 5) == (8, true))
    }

    @Test func `events on their way to this shard are passed over, too many of them are not`() {
        #expect(Self.backlog().position(after: 6) == (9, true))
        #expect(Self.backlog().sequence(before: 9) == 6)
        #expect(Self.backlog().position(after: 5 + 100_001) == (8, false))
        #expect(Self.backlog().position(after: .max) == (8, false))
        let empty = Backlog(topic: "t", epoch: "e", policy: LagPolicy())
        #expect(empty.position(after: 0) == (0, true))
        #expect(empty.position(after: 1) == (1, true))
    }

    @Test func `an event that was dropped on its way here leaves a gap, and nothing comes twice`() {
        var backlog = Self.backlog()
        backlog.append(.gap(after: 5))
        backlog.append(.events(20, count: 3))
        for sequence in 6...19 as ClosedRange<UInt64> {
            #expect(backlog.position(after: sequence) == (9, false))
        }
        #expect(backlog.position(after: 5) == (7, true))
        #expect(backlog.position(after: 20) == (10, true))
    }

    /// A topic with the segments, of which the source has recorded up to `source`.
    private static func topic(_ segments: [Segment], source: UInt64 = 0) throws -> ShardTopic {
        let definition = try TopicDefinition(name: "a", document: "subscription { a }")
        let head = TopicHead()
        head.advance(to: source)
        var policy = LagPolicy()
        policy.historyAge = .seconds(10)
        var topic = ShardTopic(
            definition: definition,
            key: try definition.key(),
            epoch: "e",
            policy: policy,
            source: head
        )
        for segment in segments { topic.append(segment) }
        topic.backlog.trim(at: segments.last?.time ?? .zero)
        return topic
    }

    @Test(
        arguments: [
            ([], 0, 0), ([.status(.live)], 1, 0), ([.status(.live), .events(count: 3)], 1, 0),
            ([.status(.interrupted), .gap(after: 0), .status(.live), .events(count: 3), .gap(after: 3)], 3, 0),
            ([.status(.interrupted), .gap(after: 0), .status(.live)], 3, 0),
            ([.events(count: 3), .status(.live, at: .seconds(90)), .events(4, count: 1, at: .seconds(90))], 4, 3),
        ] as [([Segment], Position, UInt64)]
    )
    func `an old epoch begins with the oldest event that is held, behind a gap`(
        segments: [Segment],
        cursor: Position,
        after: UInt64
    ) throws {
        let topic = try Self.topic(segments)
        for text in ["other:0", "other:1", "other:\(UInt64.max)", ":3"] {
            let token = try #require(ResumeToken(text))
            #expect(topic.cursor(for: .after(token)) == (cursor, .epochOver(after: after)))
        }
        #expect(topic.cursor(for: .after(.unknown)) == (cursor, .epochOver(after: after)))
    }

    @Test(
        arguments: [
            // 3 events are here, 5 have been recorded.
            (3, 4, nil), (4, 5, nil), (5, 6, nil),
            (6, 4, .ahead(6, of: 3)), (500, 4, .ahead(500, of: 3)), (.max, 4, .ahead(.max, of: 3)),
        ] as [(UInt64, Position, MissedEvents?)]
    )
    func `a token ahead of the newest event gets a gap, one of an event on its way doesn't`(
        sequence: UInt64,
        cursor: Position,
        gap: MissedEvents?
    ) throws {
        let topic = try Self.topic([.status(.live), .events(count: 3)], source: 5)
        let token = try #require(ResumeToken("e:\(sequence)"))
        #expect(topic.cursor(for: .after(token)) == (cursor, gap))
    }

    @Test(
        arguments: [
            ([], 0, nil), ([.status(.live)], 0, nil),
            // The gap is held, and comes next.
            ([.status(.interrupted), .gap(after: 0), .status(.live)], 0, nil),
            ([.gap(after: 0), .events(count: 2)], 0, nil),
            // It isn't any more, the first event is.
            ([.gap(after: 0), .status(.live, at: .seconds(90))], 1, .notHeld(after: 0)),
            ([.gap(after: 0), .events(1, count: 2, at: .seconds(90))], 1, .notHeld(after: 0)),
            ([.status(.waiting), .events(1, count: 2, at: .seconds(90))], 1, nil),
            ([.events(count: 2), .events(3, count: 1, at: .seconds(90))], 2, .notHeld(after: 0)),
        ] as [([Segment], Position, MissedEvents?)]
    )
    func `from before the first event nothing is lost untold`(
        segments: [Segment],
        cursor: Position,
        gap: MissedEvents?
    ) throws {
        let token = try #require(ResumeToken("e:0"))
        #expect(try Self.topic(segments).cursor(for: .after(token)) == (cursor, gap))
    }

    @Test(arguments: [nil, 0, 2, 3] as [UInt64?])
    func `who is handed the history knows the gap before it`(forgotten: UInt64?) throws {
        var backlog = Backlog(topic: "t", epoch: "e", policy: LagPolicy())
        let first: UInt64 = forgotten == 0 ? 1 : 4
        backlog.restore([.events(first, count: 2)], forgottenGap: forgotten)
        #expect(backlog.position(after: first - 1) == (0, forgotten != first - 1))
    }

    @Test(arguments: [(1, 6), (2, 5), (3, 3), (5, 1), (6, 0), (1000, 0)] as [(Int, Position)])
    func `the last events begin where that many are left`(count: Int, position: Position) {
        #expect(Self.backlog().position(ofLast: count) == position)
    }

    @Test func `without an event the last ones begin now`() {
        var backlog = Backlog(topic: "t", epoch: "e", policy: LagPolicy())
        backlog.append(.status(.live))
        #expect(backlog.position(ofLast: 5) == 1)
    }

    @Test(arguments: [(1, 0), (2, 1), (3, 2), (4, 3), (5, 3), (6, 4), (7, 5)] as [(Position, UInt64)])
    func `before a position is the event that a client had last`(position: Position, sequence: UInt64) {
        #expect(Self.backlog().sequence(before: position) == sequence)
    }

    @Test(arguments: [(400, 5), (200, 8), (90, 9), (20, 9)] as [(Int, Position)])
    func `a client that is overtaken keeps half of the limit, the newest event at least`(limit: Int, position: Position)
    {
        var policy = LagPolicy()
        policy.bytes = limit
        var backlog = Backlog(topic: "t", epoch: "e", policy: policy)
        for number in 1...10 as ClosedRange<UInt64> { backlog.append(.events(number, count: 1, of: 40)) }
        #expect(backlog.position(withinHalfAt: .zero) == position)
    }

    @Test func `parameters are read, the token before the count`() throws {
        #expect(try StartPosition(after: nil, last: nil) == .usual)
        #expect(try StartPosition(after: nil, last: "7") == .last(7))
        let token = try #require(ResumeToken("a:b:12"))
        #expect(token.epoch == "a:b" && token.sequence == 12)
        #expect(try StartPosition(after: "a:b:12", last: "nonsense") == .after(token))
    }

    @Test(arguments: ["", "e", "e:", "e:-1", "e:1x"])
    func `a token that can't be understood is refused`(after: String) {
        #expect(throws: StartPositionError.self) { try StartPosition(after: after, last: nil) }
    }

    @Test(arguments: ["", "0", "x", "100001"])
    func `a count that can't be understood is refused`(last: String) {
        #expect(throws: StartPositionError.self) { try StartPosition(after: nil, last: last) }
    }
}
