internal import DequeModule

/// A topic's history on one shard: segments by reference, and ready bytes for the encodings in use.
///
/// Every event, gap and status has a position, counted from 0 on this shard. A subscriber is a cursor: the position
/// that it needs next.
package struct Backlog {
    package struct Entry {
        package let segment: Segment
        package let first: Position
        /// Payload bytes that were recorded before it.
        package let offset: UInt64
        /// The number of the last event up to here.
        package let sequence: UInt64
        /// Ready bytes by encoding; empty before the first use.
        package var ready: [ReadyBytes?] = []
        package var tokenPayloads: ReadyBytes?

        package var end: Position { first + segment.count }
    }

    /// The position after the newest.
    package private(set) var head: Position = 0
    private var entries: Deque<Entry> = []
    /// The number of the newest event; 0 before the first.
    package private(set) var sequence: UInt64 = 0
    private var recordedBytes: UInt64 = 0
    /// What the entries cost, and how many events they have.
    private var held = (bytes: 0, events: 0)
    private let policy: LagPolicy
    private let writer: EventWriter
    private let tokenWriter: TokenWriter
    /// After which event the newest gap was that is not held any more.
    package private(set) var forgottenGap: UInt64?
    /// The position of the newest event, for snapshots.
    package private(set) var lastEvent: Position?

    package init(topic: String, epoch: String, policy: LagPolicy) {
        self.policy = policy
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

    /// Takes over what another backlog of the topic holds, and knows of what it held.
    package mutating func restore(_ history: [Segment], forgottenGap: UInt64?) {
        for segment in history { append(segment) }
        self.forgottenGap = forgottenGap
    }

    /// How many entries may follow the newest event: states and gaps of an upstream that comes and goes without one.
    private static let maximumTrail = 256

    /// Forgets what is over the limits; the newest event stays, for snapshots, unless too much came after it.
    package mutating func trim(at now: Duration) {
        while let oldest = entries.first, entries.count > 1 {
            guard
                held.bytes > policy.historyBytes || held.events > policy.historyEvents
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

    /// True when a client that needs `cursor` next is too far behind.
    package func isTooFarBehind(_ cursor: Position, at now: Duration) -> Bool {
        guard cursor < head else { return false }
        guard cursor >= tail, let index = index(of: cursor) else { return true }
        let entry = entries[index]
        return recordedBytes - entry.offset > UInt64(policy.bytes) && entries.count - index > 1
            || now - entry.segment.time > policy.age
    }

    /// The place of the entry that holds a position; nil when it is gone or not there yet.
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

    /// Where a client that fell too far behind goes on when it keeps half of what it may lack.
    package func position(withinHalfAt now: Duration) -> Position {
        var position = head
        for entry in entries.reversed() {
            guard recordedBytes - entry.offset <= UInt64(policy.bytes / 2), now - entry.segment.time <= policy.age / 2
            else { break }
            position = entry.first
        }
        return min(position, lastEvent ?? head)
    }

    /// The number of the last event before a position; that of the oldest known place when it is gone.
    ///
    /// Beyond the head it is that of an event on its way here.
    package func sequence(before position: Position) -> UInt64 {
        guard let index = index(of: max(position, tail)) else { return sequence + UInt64(max(position, head) - head) }
        let entry = entries[index]
        guard case .events(let first, _) = entry.segment.content else { return entry.sequence }
        return first + UInt64(max(position, tail) - entry.first) - 1
    }

    /// How far a token may be ahead of this shard, in events.
    private static let maximumLead: UInt64 = 100_000

    /// Where a client goes on that saw an event last, and whether nothing is missing between the two.
    ///
    /// An event that another shard has already delivered may still be on its way to this one: the position is then
    /// beyond the head.
    package func position(after sequence: UInt64) -> (position: Position, isComplete: Bool) {
        if sequence > self.sequence {
            let lead = sequence - self.sequence
            return lead <= Self.maximumLead ? (head + Int(lead), true) : (head, false)
        }
        guard let oldest = entries.first else { return (head, self.sequence == sequence) }
        let before = self.sequence(before: oldest.first)
        guard sequence > before else {
            // The event is not held, but perhaps all that followed it is.
            return (oldest.first, sequence == before && forgottenGap != sequence)
        }
        // The oldest entry up to which the event was recorded holds it, unless it was dropped on its way here.
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

    /// The position of the event that is the `count`-th from the end, or of the oldest that is held.
    package func position(ofLast count: Int) -> Position {
        var left = count
        for entry in entries.reversed() {
            guard case .events(_, let batch) = entry.segment.content else { continue }
            if batch.count >= left { return entry.end - left }
            left -= batch.count
        }
        return left == count ? head : tail
    }

    package subscript(index: Int) -> Entry { entries[index] }

    /// Everything that is held.
    package var segments: [Segment] { entries.map(\.segment) }

    /// An entry's payloads with tokens; made on the first use.
    package mutating func tokenPayloads(at index: Int) -> ReadyBytes {
        if let ready = entries[index].tokenPayloads { return ready }
        let ready = tokenWriter.payloads(of: entries[index].segment)
        entries[index].tokenPayloads = ready
        return ready
    }

    /// Whole frames of an entry in a shared encoding; made on the first use.
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
