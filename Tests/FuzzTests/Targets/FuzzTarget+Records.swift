@testable import EventLog

extension FuzzTarget {
    /// A message of the relays' log has one form, and whatever follows one another is told in order.
    static let records = FuzzTarget(
        name: "records",
        words: ["\u{1}\u{1}", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{7}", "\u{1}e", "{}"]
    ) { input throws(Violation) in
        // Which kinds of things it met one after the other, however often.
        var (ways, former) = (Set<UInt64>(), UInt64(0))
        func pass(_ mark: UInt64) {
            ways.insert(former << 8 | mark)
            former = mark
        }
        var told = ToldTopics()
        var member = LogMember(
            reader: LogReader(timing: LogTiming(lease: .seconds(1)), options: LogReader.Options(), now: .zero),
            writer: LogWriter(
                identity: LeaderIdentity(node: "n", incarnation: 7, topics: 0),
                timing: LogTiming(lease: .seconds(1)),
                largestMessage: 4096,
                limits: OutboxLimits(bytes: 1 << 16, payload: 1 << 16),
                now: .zero
            ),
            state: LogState(largestPayload: 1 << 12)
        )
        _ = member.tick(time: 0, now: .zero)
        _ = member.bounds(first: 1, last: 0, for: 1, time: 0, now: .zero)
        // Messages stand one after the other, each behind its length in two bytes.
        var (rest, sequence) = (input[...], UInt64(0))
        while let (bytes, behind) = message(in: rest) {
            rest = behind
            sequence += 1
            for mark in try read(bytes) { pass(mark) }
            for case .tell(let updates) in member.published(bytes, at: sequence, time: 0, now: .zero) {
                for update in updates {
                    try told.take(update)
                    pass(mark(update.content))
                }
            }
            try require(member.reader.head == sequence, "a message isn't taken")
        }
        try lead(&member, after: sequence)
        return ways.reduce(0) { $0 ^ ($1 &* 0x9E37_79B9_7F4A_7C15).byteSwapped &* 0x100_0000_01B3 }
    }

    /// The first message of some, each of which stands behind its length in two bytes, and the others.
    static func message(in bytes: ArraySlice<UInt8>) -> ([UInt8], ArraySlice<UInt8>)? {
        guard bytes.count >= 2 else { return nil }
        let size = Int(bytes[bytes.startIndex]) << 8 | Int(bytes[bytes.startIndex + 1])
        let rest = bytes.dropFirst(2)
        return (Array(rest.prefix(size)), rest.dropFirst(size))
    }

    /// Reads a message, and writes what it means.
    ///
    /// - Returns: Marks of the records' kinds, or of the error.
    @discardableResult
    private static func read(_ bytes: [UInt8]) throws(Violation) -> [UInt64] {
        let message: LogMessage
        do throws(RecordError) { message = try LogMessage(bytes) } catch {
            var way = Way()
            way.pass(kindOf: error)
            return [100 + way.value % 100]
        }
        try require((try? message.bytes()) == bytes, "a message has two forms")
        let size = message.records.reduce(0) { $0 + ($1.size ?? 0) }
        try require(size < bytes.count, "records are larger than their message")
        return message.records.map { mark($0.content) }
    }

    private static func mark(_ content: LogRecord.Content) -> UInt64 {
        switch content {
        case .term: 1
        case .beat: 2
        case .handOver: 3
        case .topic(_, let record):
            switch record {
            case .events: 4
            case .part: 5
            case .gap: 6
            case .status: 7
            case .failed: 8
            case .refused: 9
            case .completed: 10
            case .opened: 11
            case .began: 12
            case .checkpoint: 13
            case .ended: 14
            }
        }
    }

    private static func mark(_ content: LogUpdate.Content) -> UInt64 {
        switch content {
        case .began(let beginning): beginning.isSuccessor ? 20 : 21
        case .events: 22
        case .gap: 23
        case .status: 24
        case .failed: 25
        case .refused: 26
        case .completed: 27
        case .opened: 28
        case .ended: 29
        }
    }

    /// Takes over, whatever the log said, and appends something about every topic.
    private static func lead(_ member: inout LogMember, after sequence: UInt64) throws(Violation) {
        // After a silence it asks for the log's bounds, too.
        guard case .append(let bid, sequence, 1)? = member.tick(time: 0, now: .seconds(2)).last else {
            throw Violation("it doesn't bid")
        }
        try read(bid)
        _ = member.acknowledged(sequence + 1, of: 1, time: 0, now: .seconds(2))
        try require(member.writer.isLeader, "it doesn't lead")
        let topics = member.state.topics.keys.map { ($0, TopicEntry.events(EventPayloads([0x7B, 0x7D]))) }
        let actions = member.append(topics, time: 0, now: .seconds(2))
        guard !topics.isEmpty else { return }
        guard case .append(let bytes, _, _)? = actions.first, bytes.count <= 4096 else {
            throw Violation("it appends nothing, or too much")
        }
        try read(bytes)
    }
}

/// Where each topic is by what was told.
private struct ToldTopics {
    private var numbers: [TopicHash: UInt64] = [:]

    mutating func take(_ update: LogUpdate) throws(Violation) {
        let known = numbers[update.topic]
        switch update.content {
        case .refused: numbers[update.topic] = nil
        case .completed, .ended: numbers[update.topic] = nil
        case .began(let beginning): numbers[update.topic] = beginning.sequence
        case .gap(let after, _):
            try require(known.map { $0 <= after } ?? false, "a gap is told before what is known")
            numbers[update.topic] = after
        case .events(let first, let payloads):
            try require(known.map { $0 < first } ?? false, "events are told twice, or of a topic that hasn't begun")
            try require(!payloads.isEmpty, "no events are told")
            numbers[update.topic] = first + UInt64(payloads.count) - 1
        case .status, .failed, .opened: try require(known != nil, "a state is told of a topic that hasn't begun")
        }
    }
}
