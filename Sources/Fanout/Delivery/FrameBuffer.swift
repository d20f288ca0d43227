internal import GraphQLTransport
internal import Wire

/// Builds one write for one client: whole frames, with the ids of GraphQL operations spliced in front of the payloads.
///
/// One for each shard; its memory is kept between clients. What it built for one client serves the next one too when
/// both need the same positions of one topic under the same id.
package struct FrameBuffer {
    /// Where a frame ends, and which position of which subscriber it brings.
    private struct Mark {
        package var end: Int
        package var subscriber: Int
        package var next: Position
    }

    /// What the bytes were built for, if for one subscriber alone.
    private struct Key: Equatable {
        package var slot: Slot
        package var encoding: Encoding
        package var cursor: Position
        package var head: Position
        /// Where states begin, if behind the cursor.
        package var statesFrom: Position
    }

    /// Most bytes built at a time; a client that is further behind gets more when it is writable.
    package static let limit = 256 * 1024

    package private(set) var bytes: [UInt8] = []
    private var marks: [Mark] = []
    private var key: Key?
    private var prefix: [UInt8] = []
    /// Counts the clients of several topics.
    private var turn: UInt = 0

    package init() {}

    /// Builds anew next time: a topic's place has another tenant.
    package mutating func forget() { key = nil }

    /// Builds what all of a client's subscribers lack, up to the limit.
    package mutating func fill(for subscribers: [Subscriber], from topics: inout [ShardTopic]) {
        if subscribers.count == 1, let only = subscribers.first, only.ending == nil {
            let wanted = Key(
                slot: only.slot,
                encoding: only.encoding,
                cursor: only.cursor,
                head: topics[only.slot].backlog.head,
                statesFrom: max(only.cursor, only.statesFrom)
            )
            if key == wanted, prefix == only.prefix { return }
            reset()
            append(only, at: 0, from: &topics[only.slot].backlog)
            key = wanted
            prefix = only.prefix
        } else {
            reset()
            // From another one each time, so that the last ones get their share when there is more than the limit.
            defer { turn &+= 1 }
            let count = subscribers.count
            for offset in 0..<count where bytes.count < Self.limit {
                let index = (Int(turn % UInt(count)) + offset) % count
                let subscriber = subscribers[index]
                append(subscriber, at: index, from: &topics[subscriber.slot].backlog)
            }
        }
    }

    /// Moves the client's cursors over the frames that end within `sent` bytes, and over a frame that was cut.
    ///
    /// - Returns: where the cut frame ends, or `sent` when none was cut; and how many frames that makes.
    package func advance(_ subscribers: [Subscriber], sent: Int) -> (end: Int, frames: Int) {
        var end = 0
        var frames = 0
        for mark in marks {
            // A frame counts as sent once a byte of it went out: its rest follows at once.
            guard end < sent || mark.end == end else { break }
            if mark.end > end { frames += 1 }
            end = mark.end
            subscribers[mark.subscriber].cursor = mark.next
        }
        return (max(end, sent), frames)
    }

    private mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        key = nil
    }

    private mutating func append(_ subscriber: Subscriber, at place: Int, from backlog: inout Backlog) {
        var cursor = subscriber.cursor
        let head = subscriber.ending?.position ?? backlog.head
        while cursor < head, bytes.count < Self.limit, let index = backlog.index(of: cursor) {
            let entry = backlog[index]
            let from = cursor - entry.first
            switch subscriber.encoding {
            case .resumable:
                splice(backlog.tokenPayloads(at: index), entry.first, from: from, subscriber, at: place)
            case .graphQL: splice(entry, from: from, subscriber, at: place)
            case .event, .payload, .eventStream, .payloadStream, .graphQLStream:
                guard cursor >= subscriber.statesFrom || !entry.segment.isState else {
                    marks.append(Mark(end: bytes.count, subscriber: place, next: entry.end))
                    break
                }
                copy(backlog.frames(at: index, as: subscriber.encoding), entry.first, from: from, at: place)
            }
            cursor = marks.last?.next ?? entry.end
        }
    }

    private mutating func copy(_ frames: ReadyBytes, _ first: Position, from: Int, at place: Int) {
        let start = from == 0 ? 0 : frames.ends[from - 1]
        let offset = bytes.count - start
        var last = from
        while last < frames.ends.count, bytes.count + frames.ends[last] - start <= Self.limit || last == from {
            let end = frames.ends[last] + offset
            marks.append(Mark(end: end, subscriber: place, next: first + last + 1))
            last += 1
        }
        bytes.append(contentsOf: frames.bytes[start..<frames.ends[last - 1]])
    }

    private mutating func splice(_ entry: Backlog.Entry, from: Int, _ subscriber: Subscriber, at place: Int) {
        guard case .events(_, let batch) = entry.segment.content else {
            // Standard clients have no message for gaps and states; what ends an operation is said after the frames.
            marks.append(Mark(end: bytes.count, subscriber: place, next: entry.end))
            return
        }
        for index in from..<batch.count {
            if bytes.count >= Self.limit, index > from { return }
            NextFrame.append(subscriber.prefix, batch[index], to: &bytes)
            marks.append(Mark(end: bytes.count, subscriber: place, next: entry.first + index + 1))
        }
    }

    /// The same with tokens, where a gap has a payload of its own.
    private mutating func splice(
        _ payloads: ReadyBytes,
        _ first: Position,
        from: Int,
        _ subscriber: Subscriber,
        at place: Int
    ) {
        for index in from..<payloads.ends.count {
            if bytes.count >= Self.limit, index > from { return }
            let range = payloads.range(of: index)
            if !range.isEmpty { NextFrame.append(subscriber.prefix, payloads.bytes[range], to: &bytes) }
            marks.append(Mark(end: bytes.count, subscriber: place, next: first + index + 1))
        }
    }
}
