/// What the log says of one topic, up to the last message that was read.
package struct TopicState: Equatable, Sendable {
    package internal(set) var place: TopicPlace
    /// The number of the event before the newest gap; nil when there was none.
    package internal(set) var gapAfter: UInt64?
    package internal(set) var status = OperationStatus.waiting
    /// Whether a relay upstream gives the numbers.
    package internal(set) var isForeign = false
    /// Whether the epoch is from before the log was rewound, so that its next numbers were perhaps given already.
    package internal(set) var isSpoilt = false
    /// Whether messages about the topic may have been passed over since the newest one that was read.
    package internal(set) var isUncertain = false
    /// The number of the log's newest message about the topic.
    package internal(set) var position: UInt64 = 0
    /// The newest events.
    package internal(set) var tail = TopicTail()

    /// What outlives the topic's records.
    package var checkpoint: TopicCheckpoint {
        TopicCheckpoint(
            position: position,
            gapAfter: gapAfter,
            status: status,
            isForeign: isForeign,
            lastPayload: tail.payloads.last.map(Array.init)
        )
    }

    /// The log's newest events, to be found in a standby's own feed: 16, or all since the topic began; nil when fewer
    /// are known.
    package var tailToAlign: [ArraySlice<UInt8>]? {
        guard !tail.payloads.isEmpty else { return nil }
        return tail.payloads.count == TopicTail.count || UInt64(tail.payloads.count) == place.sequence
            ? tail.payloads : nil
    }
}

/// A topic's newest payloads, bounded in number and bytes; of large ones there may be one.
package struct TopicTail: Equatable, Sendable {
    /// How many a standby looks for.
    package static let count = 16
    /// How large they may be together, unless it is one.
    private static let bytes = 1 << 20

    package private(set) var payloads: [ArraySlice<UInt8>] = []
    private var size = 0

    /// Takes the newest payloads.
    mutating func append(_ new: EventPayloads) {
        for place in max(0, new.count - Self.count)..<new.count {
            // A slice of a large batch would keep all of it.
            payloads.append(Array(new[place])[...])
            size += new[place].count
        }
        var excess = max(0, payloads.count - Self.count)
        size -= payloads[..<excess].reduce(0) { $0 + $1.count }
        while size > Self.bytes, excess < payloads.count - 1 {
            size -= payloads[excess].count
            excess += 1
        }
        payloads.removeFirst(excess)
    }
}
