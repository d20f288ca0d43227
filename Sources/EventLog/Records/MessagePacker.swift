internal import DequeModule

/// Takes as many records from a queue as one message holds.
///
/// Events that don't fit as a whole are cut between two payloads, a payload that fits no message into parts.
package struct MessagePacker {
    /// The largest message, in bytes.
    package let limit: Int

    /// What a message takes beside its records: version, term, leader, and their number.
    private static let head = 24
    /// No limit may be lower: every record but those of payloads and errors has to fit.
    package static let leastLimit = 4096

    /// - Parameter limit: The largest message that the server takes, in bytes; 4096 at least.
    package init(limit: Int) {
        precondition(limit >= Self.leastLimit, "a message holds too little")
        self.limit = limit
    }

    /// How large the records of a message may be together.
    private var room: Int { limit - Self.head }

    /// The record in a form that fits a message, whole or in pieces; nil for one that never will.
    package func fitting(_ record: LogRecord) -> LogRecord? {
        guard let size = record.size else { return nil }
        guard size > room, case .topic(let place, let content) = record.content else { return record }
        switch content {
        case .events: return record
        case .failed(let errors):
            let message = #"[{"message":"the server's errors are too long to be shared by the relays"}]"#
            guard errors.count > message.utf8.count else { return nil }
            return LogRecord(.topic(place, .failed(errors: Array(message.utf8))), at: record.time)
        case .checkpoint(var checkpoint) where checkpoint.lastPayload != nil:
            checkpoint.lastPayload = nil
            return LogRecord(.topic(place, .checkpoint(checkpoint)), at: record.time)
        default: return nil
        }
    }

    /// Takes records from the front of a queue of fitting ones; at least one, if there are any.
    func pack(_ queue: inout Deque<LogRecord>) -> [LogRecord] {
        var (packed, left) = ([LogRecord](), room)
        while let record = queue.first, packed.count < RecordLimits.records {
            let size = record.size ?? 0
            if size <= left {
                left -= size
                packed.append(queue.removeFirst())
                continue
            }
            guard case .topic(let place, .events(let payloads)) = record.content else { break }
            queue.removeFirst()
            if let (part, rest) = cut(payloads, of: record, at: place, into: left) {
                packed.append(part)
                queue.prepend(rest)
                break
            }
            guard packed.isEmpty else {
                queue.prepend(record)
                break
            }
            split(payloads, of: record, at: place, into: &queue)
        }
        return packed
    }

    /// Cuts events so that the first ones fit; nil when not even one does, or they can't be cut.
    private func cut(
        _ payloads: EventPayloads,
        of record: LogRecord,
        at place: TopicPlace,
        into left: Int
    ) -> (LogRecord, LogRecord)? {
        guard payloads.count > 1 else { return nil }
        // Beside the payloads there are their lengths, of five bytes at most, and the rest of the record.
        let bytes = left - (LogRecord(.topic(place, .completed), at: record.time).size ?? left) - 3
        var count = 0
        while count < payloads.count - 1, payloads.ends[count] + 5 * (count + 1) <= bytes { count += 1 }
        guard count > 0 else { return nil }
        var next = place
        next.sequence += UInt64(count)
        return (
            LogRecord(.topic(place, .events(payloads.prefix(count))), at: record.time),
            LogRecord(.topic(next, .events(payloads.suffix(after: count))), at: record.time)
        )
    }

    /// Puts the first payload, which fits no message, in front of the queue as parts, and the others behind it.
    private func split(
        _ payloads: EventPayloads,
        of record: LogRecord,
        at place: TopicPlace,
        into queue: inout Deque<LogRecord>
    ) {
        if payloads.count > 1 {
            var next = place
            next.sequence += 1
            queue.prepend(LogRecord(.topic(next, .events(payloads.suffix(after: 1))), at: record.time))
            queue.prepend(LogRecord(.topic(place, .events(payloads.prefix(1))), at: record.time))
            // It may fit by itself.
            if let first = queue.first?.size, first <= room { return }
            queue.removeFirst()
        }
        // Beside a part's bytes there are its number, theirs, and their length.
        let rest = (LogRecord(.topic(place, .completed), at: record.time).size ?? room) + 3 * 5
        let parts = PayloadPart.split(payloads[0], each: room - rest) ?? []
        for part in parts.reversed() { queue.prepend(LogRecord(.topic(place, .part(part)), at: record.time)) }
    }
}
