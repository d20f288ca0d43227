internal import DequeModule

/// The records that wait to be appended, bounded in bytes, each with its place in its topic.
struct Outbox {
    /// Where each topic is, behind everything that waits.
    var places: [TopicHash: TopicPlace] = [:]
    /// How many events were dropped because there was no room for them.
    private(set) var dropped: UInt64 = 0

    private let packer: MessagePacker
    private let limits: OutboxLimits
    /// Begins the epochs that are given here; nobody else gives the same.
    private let epochPrefix: String
    private var epochs = 0
    /// The topics of which a gap is the newest, as far as that was taken here; states may follow it.
    private var gaps: Set<TopicHash> = []
    private var queue: Deque<LogRecord> = []
    /// What the queue costs in memory, about.
    private(set) var size = 0
    private var overflows: [TopicHash: OutboxOverflow] = [:]
    /// The topics of these, in the order in which they are told.
    private var overflowing: Deque<TopicHash> = []

    /// Records of events grow up to so many bytes.
    private static let mergedBytes = 64 << 10

    init(packer: MessagePacker, limits: OutboxLimits, epochPrefix: String) {
        self.packer = packer
        self.limits = limits
        self.epochPrefix = epochPrefix
    }

    var isEmpty: Bool { queue.isEmpty }

    /// Takes an entry, or keeps in mind that it was dropped.
    mutating func append(_ entry: TopicEntry, of topic: TopicHash, at time: UInt64) {
        // What was dropped is told once there is room for half of what may wait, so that it is told once for many.
        let isFull = overflows.isEmpty ? size + entry.cost > limits.bytes && !queue.isEmpty : size > limits.bytes / 2
        if isFull {
            if overflows[topic] == nil { overflowing.append(topic) }
            dropped += overflows[topic, default: OutboxOverflow()].note(entry)
        } else {
            recover(time)
            enter(entry, of: topic, at: time)
        }
    }

    /// A record about no topic, behind everything that waits.
    mutating func append(_ record: LogRecord) { push(record) }

    /// The records of the next message; none when nothing waits.
    mutating func pack(at time: UInt64) -> [LogRecord] {
        let records = packer.pack(&queue)
        for record in records { size -= record.content.cost }
        if size <= limits.bytes / 2 { recover(time) }
        return records
    }

    /// Tells what was dropped of each topic, now that there is room.
    private mutating func recover(_ time: UInt64) {
        while let topic = overflowing.popFirst() {
            for entry in overflows.removeValue(forKey: topic)?.entries ?? [] { enter(entry, of: topic, at: time) }
        }
    }

    private mutating func enter(_ entry: TopicEntry, of topic: TopicHash, at time: UInt64) {
        switch entry {
        case .events(let payloads, let first): enter(payloads, first: first, of: topic, at: time)
        case .gap(let reason): pushGap(reason, of: topic, at: time)
        case .status(let status): push(.status(status), of: topic, at: time)
        case .failed(let errors): push(.failed(errors: RecordLimits.errors(errors)), of: topic, at: time)
        case .opened: push(.opened, of: topic, at: time)
        case .checkpoint(let checkpoint): push(.checkpoint(checkpoint), of: topic, at: time)
        case .completed:
            push(.completed, of: topic, at: time)
            forget(topic)
        case .ended:
            guard places[topic] != nil else { return }
            push(.ended, of: topic, at: time)
            forget(topic)
        case .refused(let reason):
            let place = places[topic] ?? TopicPlace(topic: topic, epoch: "", sequence: 0)
            forget(topic)
            push(LogRecord(.topic(place, .refused(reason: RecordLimits.reason(reason))), at: time))
        case .began(let epoch, let sequence):
            begin(epoch, after: sequence, of: topic, at: time)
        }
    }

    /// Enters events, and gaps in place of those that are too large or were left out.
    private mutating func enter(_ payloads: EventPayloads, first: UInt64?, of topic: TopicHash, at time: UInt64) {
        var payloads = payloads
        if let first {
            let next = place(of: topic, at: time).sequence + 1
            if first > next {
                if !gaps.contains(topic) {
                    pushGap("events \(next) to \(first - 1) are missing", of: topic, at: time)
                }
                places[topic]?.sequence = first - 1
            } else {
                payloads = payloads.suffix(after: Int(min(next - first, UInt64(payloads.count))))
            }
        }
        while let large = payloads.firstIndex(over: limits.payload) {
            push(payloads.prefix(large), of: topic, at: time)
            let size = payloads[large].count
            pushGap("an event of \(size) bytes is larger than any may be", of: topic, at: time)
            if first != nil { places[topic]?.sequence += 1 }
            dropped += 1
            payloads = payloads.suffix(after: large + 1)
        }
        push(payloads, of: topic, at: time)
    }

    private mutating func push(_ payloads: EventPayloads, of topic: TopicHash, at time: UInt64) {
        guard !payloads.isEmpty else { return }
        let place = place(of: topic, at: time)
        gaps.remove(topic)
        places[topic]?.sequence += UInt64(payloads.count)
        if var last = queue.popLast() {
            if case .topic(let former, .events(var merged)) = last.content, former.topic == topic,
                former.epoch == place.epoch, former.sequence + UInt64(merged.count) == place.sequence,
                merged.bytes.count + payloads.bytes.count <= Self.mergedBytes,
                merged.count + payloads.count <= RecordLimits.payloads
            {
                // Its only copy is changed, not a copy of it.
                last.content = .beat
                merged.append(payloads)
                last.content = .topic(former, .events(merged))
                queue.append(last)
                size += TopicEntry.events(payloads).cost
                return
            }
            queue.append(last)
        }
        // A record may have fewer than came at once.
        var (rest, start) = (payloads, place)
        while !rest.isEmpty {
            let part = rest.prefix(RecordLimits.payloads)
            push(LogRecord(.topic(start, .events(part)), at: time))
            start.sequence += UInt64(part.count)
            rest = rest.suffix(after: part.count)
        }
    }

    private mutating func push(_ record: TopicRecord, of topic: TopicHash, at time: UInt64) {
        push(LogRecord(.topic(place(of: topic, at: time), record), at: time))
    }

    private mutating func push(_ record: LogRecord) {
        guard let record = packer.fitting(record) else { return }
        size += record.content.cost
        queue.append(record)
    }

    /// Where a topic is; one that nobody knows begins here.
    private mutating func place(of topic: TopicHash, at time: UInt64) -> TopicPlace {
        places[topic] ?? begin(nil, after: 0, of: topic, at: time)
    }

    @discardableResult
    private mutating func begin(
        _ epoch: String?,
        after sequence: UInt64,
        of topic: TopicHash,
        at time: UInt64
    ) -> TopicPlace {
        if epoch == nil { epochs += 1 }
        let place = TopicPlace(topic: topic, epoch: epoch ?? "\(epochPrefix)-\(epochs)", sequence: sequence)
        places[topic] = place
        gaps.remove(topic)
        push(LogRecord(.topic(place, .began(isForeign: epoch != nil)), at: time))
        return place
    }

    private mutating func pushGap(_ reason: String, of topic: TopicHash, at time: UInt64) {
        push(.gap(reason: RecordLimits.reason(reason)), of: topic, at: time)
        gaps.insert(topic)
    }

    /// Forgets where a topic is, which has ended.
    private mutating func forget(_ topic: TopicHash) {
        places[topic] = nil
        gaps.remove(topic)
    }
}

/// Bounds of what waits to be appended.
package struct OutboxLimits: Sendable {
    /// What may wait, in bytes; what is beyond is dropped and told as a gap.
    package var bytes: Int
    /// The largest payload, in bytes; the readers must take as much.
    package var payload: Int

    package init(bytes: Int, payload: Int) {
        self.bytes = bytes
        self.payload = payload
    }
}

extension EventPayloads {
    /// The first payload over a size.
    fileprivate func firstIndex(over size: Int) -> Int? {
        bytes.count > size ? (0..<count).first { self[$0].count > size } : nil
    }
}
