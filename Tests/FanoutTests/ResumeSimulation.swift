import GraphQLTransport
import TestSupport
import Testing

@testable import Fanout

/// A topic on two shards, each of which gets events later than its source, and a client that moves between the shards.
///
/// The client asks for tokens, and resumes with the last one that it got. It must get every event once, or be told of a
/// gap where events are missing.
struct ResumeSimulation {
    /// A shard, what is on its way to it, and who is on it.
    private struct Side {
        var topics: [ShardTopic]
        var pending: [Segment] = []
        var client: Owner?
        var buffer = FrameBuffer()
    }

    private var generator: SplitMix
    private var sides: [Side]
    private var now = Duration.zero
    private var sequence: UInt64 = 0
    private let head = TopicHead()
    /// After which events the source has a gap.
    private var sourceGaps: Set<UInt64> = []

    // The client's knowledge.
    private var token: ResumeToken?
    private var last: UInt64 = 0
    /// The event before its first one: a gap right there may be before it, too.
    private var begun: UInt64 = 0
    /// The event that the gap told last begins after; events since then are known to be after it.
    private var toldGap: UInt64?

    private(set) var received = 0
    private(set) var resumed = 0
    private(set) var gaps = 0

    init(seed: UInt64) throws {
        generator = SplitMix(seed: seed)
        var policy = LagPolicy()
        policy.historyBytes = Int.random(in: 200...20_000, using: &generator)
        policy.historyAge = .seconds(Int.random(in: 5...100, using: &generator))
        sides = try (0..<2).map { [policy, head] _ in
            Side(topics: [try ShardTopic.sample("a", policy: policy, source: head)])
        }
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps {
            now += .milliseconds(Int.random(in: 0...1000, using: &generator))
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4: record()
            case 4..<7: arrive(at: Int.random(in: sides.indices, using: &generator))
            case 7: try join()
            case 8: leave()
            default: try deliver()
            }
        }
        // In the end everything arrives and the client gets all of it.
        leave()
        for side in sides.indices { while !sides[side].pending.isEmpty { arrive(at: side) } }
        sequence += 1
        head.advance(to: sequence)
        for side in sides.indices {
            sides[side].topics[0].append(.events(sequence, [#"{"data":\#(sequence)}"#], at: now))
        }
        try join()
        while try deliver() {}
        #expect(last == sequence)
    }

    private mutating func record() {
        let segment: Segment
        switch Int.random(in: 0..<8, using: &generator) {
        case 0:
            segment = .gap(after: sequence, at: now)
            sourceGaps.insert(sequence)
        case 1: segment = .status(.interrupted, at: now)
        default:
            let count = Int.random(in: 1...4, using: &generator)
            let payloads = (1...count).map { #"{"data":\#(sequence + UInt64($0))}"# }
            segment = .events(sequence + 1, payloads, at: now)
            sequence += UInt64(count)
            head.advance(to: sequence)
        }
        for side in sides.indices { sides[side].pending.append(segment) }
    }

    /// Some of what is on its way reaches a shard; now and then events are dropped in favour of a gap.
    private mutating func arrive(at side: Int) {
        var left = Int.random(in: 0...4, using: &generator)
        while left > 0, !sides[side].pending.isEmpty {
            let segment = sides[side].pending.removeFirst()
            left -= 1
            if let first = segment.firstEvent, sides[side].pending.contains(where: { $0.firstEvent != nil }),
                Int.random(in: 0..<12, using: &generator) == 0
            {
                sides[side].topics[0].append(.gap(after: first - 1, at: now))
                // What a mailbox keeps comes with the gap.
                left = sides[side].pending.firstIndex { $0.firstEvent != nil }.map { $0 + 1 } ?? left
            } else {
                sides[side].topics[0].append(segment)
            }
        }
        // Who is behind what is held any more is sent away, as by the relay.
        sides[side].topics[0].backlog.trim(at: now)
        if let subscriber = sides[side].client?.subscribers.first,
            subscriber.cursor < sides[side].topics[0].backlog.tail
        {
            leave()
        }
    }

    private mutating func join() throws {
        guard sides.allSatisfy({ $0.client == nil }) else { return }
        let side = Int.random(in: sides.indices, using: &generator)
        let startPosition = token.map { StartPosition.after($0) } ?? .usual
        let (cursor, gap) = sides[side].topics[0].cursor(for: startPosition)
        let begin = sides[side].topics[0].backlog.sequence(before: cursor)
        let client = Owner()
        let subscriber = Subscriber(
            owner: client,
            in: 0,
            encoding: .resumable,
            id: "1",
            prefix: MessageWriter.nextPrefix(id: "1"),
            cursor: cursor
        )
        client.subscribers = [subscriber]
        sides[side].topics[0].add(subscriber)
        sides[side].client = client
        if token == nil { (begun, last) = (begin, begin) } else { resumed += 1 }
        if let gap { tell(gapAfter: gap.after) }
        token = ResumeToken("e:\(begin)")
    }

    private mutating func leave() {
        for side in sides.indices {
            if let subscriber = sides[side].client?.subscribers.first { sides[side].topics[0].remove(subscriber) }
            sides[side].client = nil
        }
    }

    private mutating func tell(gapAfter sequence: UInt64) {
        toldGap = sequence
        gaps += 1
    }

    /// The client reads some frames; true when there were any to read.
    @discardableResult
    private mutating func deliver() throws -> Bool {
        guard let side = sides.indices.first(where: { sides[$0].client != nil }), let client = sides[side].client
        else { return false }
        // As the relay does before it writes.
        if let gap = client.subscribers[0].gap {
            client.subscribers[0].gap = nil
            token = ResumeToken("e:\(sides[side].topics[0].backlog.sequence(before: client.subscribers[0].cursor))")
            tell(gapAfter: gap)
        }
        var buffer = sides[side].buffer
        buffer.fill(for: client.subscribers, from: &sides[side].topics)
        let sent = Int.random(in: 0...buffer.bytes.count, using: &generator)
        let (end, _) = buffer.advance(client.subscribers, sent: sent)
        sides[side].buffer = buffer
        for frame in try #require(WireFrame.parse(Array(buffer.bytes[..<end]))) {
            try take(String(decoding: frame.text, as: UTF8.self))
        }
        return client.subscribers[0].cursor < sides[side].topics[0].backlog.head
    }

    private mutating func take(_ text: String) throws {
        let number = try #require(
            text.firstRange(of: #""token":"e:"#).flatMap { UInt64(text[$0.upperBound...].prefix(while: \.isNumber)) }
        )
        token = ResumeToken("e:\(number)")
        if text.contains(#""gap":"#) { return tell(gapAfter: number) }
        #expect(text.contains(#""payload":{"data":\#(number),"#), "the token is that of its event")
        #expect(number > last, "an event comes once, in order")
        if number != last + 1 || sourceGaps.contains(last) && last != begun {
            #expect(toldGap.map { $0 >= last } ?? false, "what is missing between \(last) and \(number) is told")
        }
        last = number
        received += 1
    }
}

extension Segment {
    fileprivate var firstEvent: UInt64? {
        if case .events(let first, _) = content { first } else { nil }
    }
}
