internal import DequeModule

/// A topic's history on one shard: segments by reference, and ready bytes for the encodings in use.
///
/// Every event, gap and status has a position, counted from 0 on this shard. A subscriber is a cursor: the position
/// that it needs next.
struct Backlog {
    struct Entry {
        let segment: Segment
        let first: UInt64
        /// Payload bytes that were recorded before it.
        let offset: UInt64
        /// The number of the last event up to here.
        let sequence: UInt64
        /// Ready bytes by encoding; empty before the first use.
        var ready: [ReadyFrames?] = []

        var end: UInt64 { first + UInt64(segment.count) }
    }

    /// The position after the newest.
    private(set) var head: UInt64 = 0
    private var entries: Deque<Entry> = []
    /// The number of the newest event; 0 before the first.
    private(set) var sequence: UInt64 = 0
    private var recordedBytes: UInt64 = 0
    private var heldBytes = 0
    private let policy: LagPolicy
    private let writer: EventWriter
    /// The position of the newest event, for snapshots.
    private(set) var lastEvent: UInt64?

    init(topic: String, epoch: String, policy: LagPolicy) {
        self.policy = policy
        writer = EventWriter(topic: topic, epoch: epoch)
    }

    /// The oldest position that is still held.
    var tail: UInt64 { entries.first?.first ?? head }

    mutating func append(_ segment: Segment) {
        if case .events(let first, let batch) = segment.content, !batch.isEmpty {
            sequence = first + UInt64(batch.count) - 1
        }
        entries.append(Entry(segment: segment, first: head, offset: recordedBytes, sequence: sequence))
        head += UInt64(segment.count)
        recordedBytes += UInt64(segment.size)
        heldBytes += segment.size
        if case .events = segment.content { lastEvent = head - 1 }
    }

    /// How many entries may follow the newest event: states and gaps of an upstream that comes and goes without one.
    private static let maximumTrail = 256

    /// Forgets what is over the limits; the newest event stays, for snapshots, unless too much came after it.
    mutating func trim(at now: Duration) {
        while let oldest = entries.first, entries.count > 1 {
            guard heldBytes > policy.historyBytes || now - oldest.segment.time > policy.historyAge else { return }
            if oldest.end > lastEvent ?? head {
                guard entries.count > Self.maximumTrail else { return }
                lastEvent = nil
            }
            heldBytes -= oldest.segment.size
            entries.removeFirst()
        }
    }

    /// How many entries there are.
    var count: Int { entries.count }

    /// True when a client that needs `cursor` next is too far behind.
    func isTooFarBehind(_ cursor: UInt64, at now: Duration) -> Bool {
        guard cursor < head else { return false }
        guard cursor >= tail, let index = index(of: cursor) else { return true }
        let entry = entries[index]
        return recordedBytes - entry.offset > UInt64(policy.bytes) && entries.count - index > 1
            || now - entry.segment.time > policy.age
    }

    /// The place of the entry that holds a position; nil when it is gone or not there yet.
    func index(of position: UInt64) -> Int? {
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
    func position(withinHalfAt now: Duration) -> UInt64 {
        var position = head
        for entry in entries.reversed() {
            guard recordedBytes - entry.offset <= UInt64(policy.bytes / 2), now - entry.segment.time <= policy.age / 2
            else { break }
            position = entry.first
        }
        return min(position, lastEvent ?? head)
    }

    /// The number of the last event before a position; that of the oldest known place when it is gone.
    func sequence(before position: UInt64) -> UInt64 {
        guard let index = index(of: max(position, tail)) else { return sequence }
        let entry = entries[index]
        guard case .events(let first, _) = entry.segment.content else { return entry.sequence }
        return first + (max(position, tail) - entry.first) - 1
    }

    /// The position after an event; nil when the event is unknown or gone, so that something may be missing after it.
    func position(after sequence: UInt64) -> UInt64? {
        guard sequence <= self.sequence else { return nil }
        if self.sequence == 0 { return head }
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        guard entries.indices.contains(low), case .events(let first, _) = entries[low].segment.content,
            first <= sequence, sequence <= entries[low].sequence
        else { return nil }
        return entries[low].first + (sequence - first) + 1
    }

    /// The position of the event that is the `count`-th from the end, or of the oldest that is held.
    func position(ofLast count: Int) -> UInt64 {
        var left = count
        for entry in entries.reversed() {
            guard case .events(_, let batch) = entry.segment.content else { continue }
            if batch.count >= left { return entry.end - UInt64(left) }
            left -= batch.count
        }
        return left == count ? head : tail
    }

    subscript(index: Int) -> Entry { entries[index] }

    /// Everything that is held.
    var segments: [Segment] { entries.map(\.segment) }

    /// Whole frames of an entry in a shared encoding; made on the first use.
    mutating func frames(at index: Int, as encoding: Encoding) -> ReadyFrames {
        if entries[index].ready.isEmpty {
            entries[index].ready = Array(repeating: nil, count: Encoding.allCases.count)
        }
        if let ready = entries[index].ready[encoding.rawValue] { return ready }
        let ready = writer.frames(of: entries[index].segment, as: encoding)
        entries[index].ready[encoding.rawValue] = ready
        return ready
    }
}

/// How a subscriber's events are written.
enum Encoding: Int, CaseIterable {
    /// JSON frames of `fanout.v1.json`, with the event's number.
    case event
    /// The bare GraphQL payload.
    case payload
    /// `next` messages of graphql-transport-ws.
    case graphQL
    /// Server-sent events with the JSON of `fanout.v1.json`.
    case eventStream
    /// Server-sent events with the bare GraphQL payload.
    case payloadStream
    /// `next` events of GraphQL over SSE.
    case graphQLStream

    /// True for GraphQL operations, which end with the upstream's.
    var isOperation: Bool { self == .graphQL || self == .graphQLStream }
}
