@testable import EventLog

extension LogWriter {
    static let lease = Duration.milliseconds(1000)
    static let topic = TopicHash(high: 1, low: 1)
    static let other = TopicHash(high: 1, low: 2)

    /// A follower that has read nothing yet, at time 0.
    static func sample(_ node: String = "a", outbox: Int = 1 << 20, acknowledgementTimeout: Duration? = nil)
        -> LogWriter
    {
        LogWriter(
            identity: LeaderIdentity(node: node, incarnation: 7, topics: 0),
            timing: LogTiming(lease: lease, acknowledgementTimeout: acknowledgementTimeout),
            largestMessage: 4096,
            limits: OutboxLimits(bytes: outbox, payload: 1 << 20),
            now: .zero
        )
    }

    /// A leader of term 4 since second 10, whose term record is message 11, with a topic that has 5 events.
    static func leader(outbox: Int = 1 << 20, acknowledgementTimeout: Duration? = nil) -> LogWriter {
        var writer = sample(outbox: outbox, acknowledgementTimeout: acknowledgementTimeout)
        writer.term = 3
        _ = writer.tick(end: 10, time: 0, now: .seconds(10))
        _ = writer.acknowledged(11, of: 1, time: 0, now: .seconds(10))
        writer.lead([TopicPlace(topic: topic, epoch: "e", sequence: 5)])
        return writer
    }

    /// Has one event of each number appended.
    mutating func append(_ numbers: ClosedRange<Int>, of topic: TopicHash = topic, first: UInt64? = nil) {
        for number in numbers {
            let offset = UInt64(number - numbers.lowerBound)
            append(.events(EventPayloads("\(number)".utf8), first: first.map { $0 + offset }), of: topic, time: 0)
        }
    }
}

extension [LogWriter.Action] {
    /// The message that is appended, if one is.
    var appended: LogMessage? {
        for case .append(let bytes, _, _) in self { return try? LogMessage(bytes) }
        return nil
    }

    /// What the message says, in short.
    var text: [String] { appended?.records.map(\.text) ?? [] }
}

extension LogRecord {
    /// Kind, place and what matters most, such as `e:5 events 6 7`.
    var text: String {
        switch content {
        case .term(let leader): "term \(leader.node)"
        case .beat: "beat"
        case .handOver(let successor): "hand over to \(successor)"
        case .topic(let place, let record): "\(place.epoch):\(place.sequence) \(record.text)"
        }
    }
}

extension TopicRecord {
    fileprivate var text: String {
        switch self {
        case .events(let payloads):
            "events "
                + (0..<payloads.count).map { String(decoding: payloads[$0], as: UTF8.self) }.joined(separator: " ")
        case .part(let part): "part \(part.index) of \(part.count)"
        case .gap(let reason): "gap: \(reason)"
        case .status(let status): "status \(status)"
        case .failed: "failed"
        case .refused(let reason): "refused: \(reason)"
        case .completed: "completed"
        case .ended: "ended"
        case .opened: "opened"
        case .began(let isForeign): isForeign ? "began foreign" : "began"
        case .checkpoint: "checkpoint"
        }
    }
}
