import GraphQLTransport
import TestSupport
import Testing

@testable import Fanout

struct BacklogTests {
    private static func policy(
        bytes: Int = 1 << 20,
        age: Duration = .seconds(1000),
        historyBytes: Int = 1 << 30,
        historyEvents: Int = .max,
        historyAge: Duration = .seconds(1000)
    ) -> LagPolicy {
        var policy = LagPolicy()
        policy.bytes = bytes
        policy.age = age
        policy.historyBytes = historyBytes
        policy.historyEvents = historyEvents
        policy.historyAge = historyAge
        return policy
    }

    /// What segments with so many bytes in all cost.
    private static func room(segments: Int, bytes: Int) -> Int { segments * Segment.overhead + bytes }

    private static func backlog(_ policy: LagPolicy = policy(), _ segments: Segment...) -> Backlog {
        var backlog = Backlog(topic: "t", epoch: "e", policy: policy)
        for segment in segments { backlog.append(segment) }
        return backlog
    }

    @Test func `the events from a position on are counted, since the first of them was read`() {
        var backlog = Self.backlog()
        #expect(backlog.events(from: 0) == nil)
        backlog.append(.events(1, count: 3, at: .seconds(1)))
        backlog.append(.status(.interrupted, at: .seconds(2)))
        let batch = PayloadBatch(["a", "b"])
        backlog.append(Segment(.events(first: 4, batch), at: .seconds(5), arrival: .seconds(4)))
        backlog.append(.events(6, count: 1, at: .seconds(6)))
        #expect(backlog.events(from: 0)?.count == 6)
        #expect(backlog.events(from: 0)?.arrival == .seconds(1))
        #expect(backlog.events(from: 3)?.count == 3)
        #expect(backlog.events(from: 3)?.arrival == .seconds(4))
        #expect(backlog.events(from: 6)?.count == 1)
        #expect(backlog.events(from: 7) == nil)
        backlog.append(.gap(after: 6, at: .seconds(7)))
        #expect(backlog.events(from: 7) == nil)
    }

    @Test func `an empty backlog has no positions`() {
        let backlog = Self.backlog()
        #expect(backlog.head == 0)
        #expect(backlog.tail == 0)
        #expect(backlog.lastEvent == nil)
        #expect(backlog.index(of: 0) == nil)
        #expect(!backlog.isTooFarBehind(0, at: .seconds(9999)))
    }

    @Test func `events, gaps and states have a position each`() {
        let backlog = Self.backlog(
            Self.policy(),
            .status(.live),
            .events(count: 3),
            .gap(after: 3),
            .events(4, count: 1),
            .status(.interrupted)
        )
        #expect(backlog.head == 7)
        #expect(backlog.tail == 0)
        #expect(backlog.lastEvent == 5)
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 1), (3, 1), (4, 2), (5, 3), (6, 3), (7, 4)] as [(Position, Int)])
    func `a position leads to its segment`(position: Position, index: Int) {
        let backlog = Self.backlog(
            Self.policy(),
            .status(.live),
            .events(count: 3),
            .gap(after: 3),
            .events(4, count: 2),
            .events(6, count: 1)
        )
        #expect(backlog.index(of: position) == index)
        #expect(backlog[index].first <= position)
        #expect(backlog[index].end > position)
    }

    @Test func `positions that are gone or not there yet lead nowhere`() {
        var backlog = Self.backlog(
            Self.policy(bytes: 10, historyBytes: Self.room(segments: 2, bytes: 25)),
            .events(count: 2),
            .events(3, count: 1),
            .events(4, count: 1)
        )
        #expect(backlog.index(of: 4) == nil)
        #expect(backlog.index(of: Position(.max)) == nil)
        backlog.trim(at: .zero)
        #expect(backlog.tail == 2)
        #expect(backlog.index(of: 1) == nil)
        #expect(backlog.index(of: 2) == 0)
        #expect(backlog.index(of: 3) == 1)
        #expect(backlog[1].first == 3)
    }

    @Test func `every position of a long history is found after every trim`() {
        var generator = SplitMix(seed: 7)
        var backlog = Self.backlog(Self.policy(bytes: 100, historyBytes: Self.room(segments: 40, bytes: 2000)))
        var next: UInt64 = 1
        for _ in 0..<300 {
            let count = Int.random(in: 1...9, using: &generator)
            backlog.append(.events(next, count: count))
            next += UInt64(count)
            backlog.trim(at: .zero)
            for position in backlog.tail..<backlog.head {
                guard let index = backlog.index(of: position) else {
                    Issue.record("position \(position) of \(backlog.tail)..<\(backlog.head) is not found")
                    return
                }
                #expect(backlog[index].first <= position && position < backlog[index].end)
            }
        }
        #expect(backlog.head == Position(next - 1))
        #expect(backlog.head - backlog.tail <= 200 + 9)
    }

    @Test func `the oldest segments go while the history holds too many bytes`() {
        var backlog = Self.backlog(
            Self.policy(historyBytes: Self.room(segments: 3, bytes: 30)),
            .events(count: 1),
            .events(2, count: 1),
            .events(3, count: 1)
        )
        backlog.trim(at: .zero)
        #expect(backlog.tail == 0)
        backlog.append(.events(4, count: 1, of: 1))
        backlog.trim(at: .zero)
        #expect(backlog.tail == 1)
        backlog.append(.events(5, count: 1, of: 25 + Segment.overhead))
        backlog.trim(at: .zero)
        #expect(backlog.tail == 3)
    }

    @Test func `the older half goes when memory is short, and a small history stays`() {
        var backlog = Self.backlog()
        for number in 0..<8 as Range<UInt64> { backlog.append(.events(number + 1, count: 1, of: 8 << 10)) }
        backlog.halve()
        #expect(backlog.tail == 4)
        #expect(backlog.lag(of: 0) == 4 * (8 << 10) && backlog.lag(of: 6) == 2 * (8 << 10))
        #expect(backlog.lag(of: 8) == 0 && backlog.lag(of: 9) == 0)
        backlog.halve()
        #expect(backlog.tail == 4)
    }

    @Test func `batches go while the history has too many events, the newest stays whole`() {
        var backlog = Self.backlog(
            Self.policy(historyEvents: 5),
            .events(count: 3),
            .gap(after: 3),
            .events(4, count: 2)
        )
        backlog.trim(at: .zero)
        #expect(backlog.tail == 0)
        backlog.append(.events(6, count: 1))
        backlog.trim(at: .zero)
        #expect(backlog.tail == 3)
        #expect(backlog.position(ofLast: 100) == 3)
        backlog.append(.events(7, count: 8))
        backlog.trim(at: .zero)
        #expect(backlog.tail == 7)
        #expect(backlog.head == 15)
    }

    @Test func `an upstream that comes and goes without an event costs a bounded number of entries`() {
        var backlog = Self.backlog(Self.policy(historyBytes: Self.room(segments: 20, bytes: 10)), .events(count: 1))
        for _ in 1...2000 {
            backlog.append(.status(.interrupted))
            backlog.append(.gap(after: 1))
            backlog.append(.status(.live))
            backlog.trim(at: .zero)
            #expect(backlog.count <= 260)
        }
        #expect(backlog.position(after: 1).isComplete == false, "who was before the gaps that are gone is told")
    }

    @Test func `segments go when they are too old`() {
        var backlog = Self.backlog(
            Self.policy(historyAge: .seconds(60)),
            .events(count: 1, at: .seconds(100)),
            .events(2, count: 1, at: .seconds(130)),
            .events(3, count: 1, at: .seconds(150))
        )
        backlog.trim(at: .seconds(160))
        #expect(backlog.tail == 0)
        backlog.trim(at: .seconds(161))
        #expect(backlog.tail == 1)
        backlog.trim(at: .seconds(191))
        #expect(backlog.tail == 2)
    }

    @Test func `the newest event stays whatever its age and size, and what came after it`() {
        var backlog = Self.backlog(
            Self.policy(bytes: 1, historyBytes: 1, historyAge: .seconds(1)),
            .events(count: 1),
            .events(2, count: 2, of: 500),
            .status(.interrupted)
        )
        backlog.trim(at: .seconds(500))
        #expect(backlog.tail == 1)
        #expect(backlog.lastEvent == 2)
        #expect(backlog.head == 4)
        backlog.append(.events(4, count: 1))
        backlog.trim(at: .seconds(500))
        #expect(backlog.tail == 4)
    }

    @Test func `without any event only the newest state stays`() {
        var backlog = Self.backlog(
            Self.policy(historyAge: .seconds(1)),
            .status(.live),
            .status(.interrupted),
            .status(.live)
        )
        backlog.trim(at: .seconds(500))
        #expect(backlog.tail == 2)
        #expect(backlog.head == 3)
    }

    @Test func `a client is too far behind when more bytes than allowed wait for it`() {
        let backlog = Self.backlog(
            Self.policy(bytes: 20),
            .events(count: 1),
            .events(2, count: 1),
            .events(3, count: 1)
        )
        #expect(backlog.isTooFarBehind(0, at: .zero))
        #expect(!backlog.isTooFarBehind(1, at: .zero))
        #expect(!backlog.isTooFarBehind(2, at: .zero))
        #expect(!backlog.isTooFarBehind(3, at: .zero))
    }

    @Test func `one segment alone is never too many bytes`() {
        let backlog = Self.backlog(Self.policy(bytes: 20), .events(count: 9, of: 100))
        #expect(!backlog.isTooFarBehind(0, at: .zero))
    }

    @Test func `a client is too far behind when what it needs next is too old`() {
        let backlog = Self.backlog(
            Self.policy(age: .seconds(30)),
            .events(count: 1, at: .seconds(100)),
            .events(2, count: 1, at: .seconds(120))
        )
        #expect(!backlog.isTooFarBehind(0, at: .seconds(130)))
        #expect(backlog.isTooFarBehind(0, at: .seconds(131)))
        #expect(!backlog.isTooFarBehind(1, at: .seconds(131)))
        #expect(!backlog.isTooFarBehind(2, at: .seconds(9999)))
    }

    @Test func `a client that needs what is gone is too far behind`() {
        var backlog = Self.backlog(
            Self.policy(bytes: 10, historyBytes: Self.room(segments: 1, bytes: 10)),
            .events(count: 1),
            .events(2, count: 1)
        )
        backlog.trim(at: .zero)
        #expect(backlog.tail == 1)
        #expect(backlog.isTooFarBehind(0, at: .zero))
        #expect(!backlog.isTooFarBehind(1, at: .zero))
    }

    @Test(arguments: [Encoding.event, .payload])
    func `frames are made once for all clients`(encoding: Encoding) {
        var backlog = Self.backlog(Self.policy(), .events(count: 2), .events(3, count: 1))
        let first = backlog.frames(at: 0, as: encoding)
        #expect(first.ends.count == 2)
        #expect(backlog.frames(at: 0, as: encoding) === first)
        #expect(backlog.frames(at: 1, as: encoding) !== first)
    }

    @Test func `of a history that is nearly full the oldest quarter can't be asked for, but the last event can`() {
        let size = 10 << 10
        var backlog = Self.backlog(Self.policy(historyBytes: 100 * (size + Segment.overhead)))
        for number in 1...60 as ClosedRange<UInt64> { backlog.append(.events(number, count: 1, of: size)) }
        #expect(backlog.position(ofLast: 1_000) == 0)
        for number in 61...100 as ClosedRange<UInt64> { backlog.append(.events(number, count: 1, of: size)) }
        #expect(backlog.position(ofLast: 1_000) == 25)
        #expect(backlog.position(ofLast: 80) == 25)
        #expect(backlog.position(ofLast: 75) == 25)
        #expect(backlog.position(ofLast: 10) == 90)
        // The newest one is given, however large.
        backlog.append(.events(101, count: 1, of: 200 * size))
        #expect(backlog.position(ofLast: 1_000) == 100)
        #expect(backlog.position(ofLast: 1) == 100)
    }
}
