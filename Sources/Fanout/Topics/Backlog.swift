internal import DequeModule

/// A topic's history on one shard: segments by reference, and ready bytes for the encodings in use.
///
/// Every event, gap and status has a position, counted from 0 on this shard. A subscriber's cursor is the position that
/// it needs next.
package struct Backlog {
    package struct Entry {
        package let segment: Segment
        package let first: Position
        /// How many payload bytes were recorded before this entry.
        package let offset: UInt64
        /// The number of the last event up to and including this entry.
        package let sequence: UInt64
        /// Ready bytes by encoding; empty before the first use.
        package var ready: [ReadyBytes?] = []
        package var tokenPayloads: ReadyBytes?

        package var end: Position { first + segment.count }
    }

    /// The position that the next entry will get.
    package private(set) var head: Position
    private var entries: Deque<Entry> = []
    /// The number of the newest event; 0 before the first.
    package private(set) var sequence: UInt64
    private var recordedBytes: UInt64 = 0
    /// The memory that the entries cost, and the number of their events.
    private var held = (bytes: 0, events: 0)
    /// What is kept, and how far a client may lag; a shorter history is cut at the next `trim`.
    package var policy: LagPolicy
    /// Tells the numbers of its events from others.
    package let epoch: String
    private let writer: EventWriter
    private let tokenWriter: TokenWriter
    /// The number of the event before the newest gap that was trimmed; nil when no gap was.
    package private(set) var forgottenGap: UInt64?
    /// The position of the newest event, for snapshots; nil when there is none, or it was trimmed.
    package private(set) var lastEvent: Position?

    /// - Parameters:
    ///   - position: The position of the first entry.
    ///   - sequence: The number of the event before it.
    package init(topic: String, epoch: String, policy: LagPolicy, at position: Position = 0, after sequence: UInt64 = 0)
    {
        self.policy = policy
        self.epoch = epoch
        head = position
        self.sequence = sequence
        writer = EventWriter(topic: topic, epoch: epoch)
        tokenWriter = TokenWriter(epoch: epoch)
    }

    /// The oldest position that is still held.
    package var tail: Position { entries.first?.first ?? head }

    /// The position of the oldest event that is held; the head when none is.
    package var oldestEvent: Position { entries.first { $0.segment.events > 0 }?.first ?? head }

    package mutating func append(_ segment: Segment) {
        switch segment.content {
        case .events(let first, let batch): sequence = first + UInt64(batch.count) - 1
        case .gap(let after, _): sequence = max(sequence, after)
        case .status, .refused: break
        }
        entries.append(Entry(segment: segment, first: head, offset: recordedBytes, sequence: sequence))
        head += segment.count
        recordedBytes += UInt64(segment.size)
        held.bytes += segment.footprint
        held.events += segment.events
        if case .events = segment.content { lastEvent = head - 1 }
    }

    /// Fills a new backlog with the history that the upstream loop holds of the topic.
    package mutating func restore(_ history: [Segment], forgottenGap: UInt64?) {
        for segment in history { append(segment) }
        self.forgottenGap = forgottenGap
    }

    /// How many entries may follow the newest event: statuses and gaps of an upstream that reconnects but sends no
    /// event.
    private static let maximumTrail = 256

    /// How many events there are from a position on, and when the first of them was read; nil when there are none.
    package func events(from position: Position) -> (count: Int, arrival: Duration)? {
        guard let first = index(of: position) else { return nil }
        var found: (count: Int, arrival: Duration)?
        for index in first..<entries.count {
            let segment = entries[index].segment
            guard segment.events > 0 else { continue }
            found = ((found?.count ?? 0) + segment.events, found?.arrival ?? segment.arrival)
        }
        return found
    }

    /// Removes the oldest entries while a limit is exceeded.
    ///
    /// The newest event stays for snapshots, within `maximumTrail`.
    package mutating func trim(at now: Duration) { trim(at: now, to: policy.historyBytes) }

    /// A history of up to this many bytes isn't worth being cut.
    private static let smallHistory = 64 << 10

    /// Forgets the older half of the history, because memory is short; a small one stays.
    package mutating func halve() {
        guard held.bytes > Self.smallHistory, let newest = entries.last else { return }
        trim(at: newest.segment.time, to: held.bytes / 2)
    }

    private mutating func trim(at now: Duration, to bytes: Int) {
        while let oldest = entries.first, entries.count > 1 {
            guard
                held.bytes > bytes || held.events > policy.historyEvents
                    || now - oldest.segment.time > policy.historyAge
            else { return }
            if oldest.end > lastEvent ?? head {
                guard entries.count > Self.maximumTrail else { return }
                lastEvent = nil
            }
            if case .gap(let after, _) = oldest.segment.content { forgottenGap = after }
            held.bytes -= oldest.segment.footprint
            held.events -= oldest.segment.events
            entries.removeFirst()
        }
    }

    /// How many entries there are.
    package var count: Int { entries.count }

    /// True when a client with this cursor exceeds the lag policy.
    package func isTooFarBehind(_ cursor: Position, at now: Duration) -> Bool {
        guard cursor < head else { return false }
        guard cursor >= tail, let index = index(of: cursor) else { return true }
        let entry = entries[index]
        return recordedBytes - entry.offset > UInt64(policy.bytes) && entries.count - index > 1
            || now - entry.segment.time > policy.age
    }

    /// How many payload bytes a client with this cursor lacks; what was trimmed counts as the whole history.
    package func lag(of cursor: Position) -> UInt64 {
        guard cursor < head else { return 0 }
        let oldest = entries.first?.offset ?? recordedBytes
        return recordedBytes - (index(of: cursor).map { entries[$0].offset } ?? oldest)
    }

    /// The index of the entry that holds a position; nil when that was trimmed, or isn't there yet.
    package func index(of position: Position) -> Int? {
        guard let last = entries.last, position < head, position >= tail else { return nil }
        if position >= last.first { return entries.count - 1 }
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].end <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The new cursor of a client that fell too far behind: it keeps half of what the policy lets it lag.
    package func position(withinHalfAt now: Duration) -> Position {
        var position = head
        for entry in entries.reversed() {
            guard recordedBytes - entry.offset <= UInt64(policy.bytes / 2), now - entry.segment.time <= policy.age / 2
            else { break }
            position = entry.first
        }
        return min(position, lastEvent ?? head)
    }

    /// The number of the last event before a position.
    ///
    /// For a trimmed position: before the oldest one that is held.
    ///
    /// Beyond the head it is the number that an event on its way here has.
    package func sequence(before position: Position) -> UInt64 {
        guard let index = index(of: max(position, tail)) else { return sequence + UInt64(max(position, head) - head) }
        let entry = entries[index]
        guard case .events(let first, _) = entry.segment.content else { return entry.sequence }
        return first + UInt64(max(position, tail) - entry.first) - 1
    }

    /// How far a resume token may be ahead of this shard, in events.
    private static let maximumLead: UInt64 = 100_000

    /// The position after the event of a number, and whether everything that followed that event is held.
    ///
    /// Another shard may have delivered an event that is still on its way to this one. The position is then beyond the
    /// head.
    package func position(after sequence: UInt64) -> (position: Position, isComplete: Bool) {
        if sequence > self.sequence {
            let lead = sequence - self.sequence
            return lead <= Self.maximumLead ? (head + Int(lead), true) : (head, false)
        }
        guard let oldest = entries.first else { return (head, self.sequence == sequence) }
        let before = self.sequence(before: oldest.first)
        guard sequence > before else {
            // The event isn't held, but perhaps everything that followed it is.
            return (oldest.first, sequence == before && forgottenGap != sequence)
        }
        // Finds the first entry whose `sequence` reaches the number. It holds the event, unless that was dropped on its
        // way here.
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        guard case .events(let first, _) = entries[low].segment.content, first <= sequence else {
            return (entries[low].first, false)
        }
        return (entries[low].first + Int(sequence - first) + 1, true)
    }

    /// The position of the `count`-th newest event, or of the oldest one that can still be reached.
    ///
    /// Of a history that is nearly full the oldest quarter is left out: it would be forgotten while a client reads it.
    package func position(ofLast count: Int) -> Position {
        var left = count
        for entry in entries.reversed() {
            guard case .events(_, let batch) = entry.segment.content else { continue }
            if batch.count >= left { return max(entry.end - left, reach) }
            left -= batch.count
        }
        return left == count ? head : reach
    }

    /// The oldest position that stays while a client reads from there on.
    package var reach: Position {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if stays(from: middle) { high = middle } else { low = middle + 1 }
        }
        let oldest = low < entries.count ? entries[low].first : head
        return min(oldest, lastEvent ?? head)
    }

    /// Whether the entries from one on are at most three quarters of what is kept, or so few that they are read at
    /// once.
    private func stays(from index: Int) -> Bool {
        let entry = entries[index]
        let bytes = Int(recordedBytes - entry.offset) + (entries.count - index) * Segment.overhead
        let age = (entries.last?.segment.time ?? .zero) - entry.segment.time
        return bytes <= Self.smallHistory
            || bytes <= policy.historyBytes / 4 * 3 && head - entry.first <= policy.historyEvents / 4 * 3
                && age <= policy.historyAge / 4 * 3
    }

    package subscript(index: Int) -> Entry { entries[index] }

    /// Everything that is held.
    package var segments: [Segment] { entries.map(\.segment) }

    /// The payloads of an entry with resume tokens; made on first use.
    package mutating func tokenPayloads(at index: Int) -> ReadyBytes {
        if let ready = entries[index].tokenPayloads { return ready }
        let ready = tokenWriter.payloads(of: entries[index].segment)
        entries[index].tokenPayloads = ready
        return ready
    }

    /// The frames of an entry in a shared encoding; made on first use.
    package mutating func frames(at index: Int, as encoding: Encoding) -> ReadyBytes {
        if entries[index].ready.isEmpty {
            entries[index].ready = Array(repeating: nil, count: Encoding.allCases.count)
        }
        if let ready = entries[index].ready[encoding.rawValue] { return ready }
        let ready = writer.frames(of: entries[index].segment, as: encoding)
        entries[index].ready[encoding.rawValue] = ready
        return ready
    }
}
