internal import GraphQLTransport
internal import Wire

/// The frames of everything that one batch appended to a topic, in one encoding: what a client needs that had all
/// before.
///
/// Each shard has one, whose memory is kept between batches.
package struct BatchFrames {
    /// The frames one after the other.
    package private(set) var bytes: [UInt8] = []
    /// Where the frame of each position ends in `bytes`.
    ///
    /// A position without a frame has the same end as the one before.
    package private(set) var ends: [Int] = []
    /// The positions that the batch took in the backlog.
    package private(set) var positions: Range<Position> = 0..<0
    /// How many frames there are.
    package private(set) var count = 0
    /// Where the prefix with the operation's id stands in each frame of an encoding that has ids.
    private var prefixPlaces: [Int] = []
    private var prefixSize = 0

    package init() {}

    /// Makes the frames of an encoding without ids.
    ///
    /// The frames of a single segment are shared, not copied.
    package mutating func fill(from position: Position, of backlog: inout Backlog, as encoding: Encoding) {
        clear(position..<backlog.head)
        guard let first = backlog.index(of: position) else { return }
        for index in first..<backlog.count {
            let frames = backlog.frames(at: index, as: encoding)
            count += frames.count
            if index == first {
                bytes = frames.bytes
                ends = frames.ends
            } else {
                let start = bytes.count
                bytes += frames.bytes
                ends += frames.ends.map { $0 + start }
            }
        }
    }

    /// Makes `next` messages with the prefix of a first operation; `readdress` puts in those of the others.
    package mutating func fill(from position: Position, of backlog: Backlog, prefix: [UInt8]) {
        clear(position..<backlog.head)
        prefixSize = prefix.count
        guard let first = backlog.index(of: position) else { return }
        for index in first..<backlog.count {
            guard case .events(_, let batch) = backlog[index].segment.content else {
                // Standard clients have no message for gaps and states.
                ends.append(bytes.count)
                continue
            }
            for payload in batch {
                append(prefix, payload)
                ends.append(bytes.count)
            }
        }
    }

    /// Makes `next` messages with resume tokens, where a gap is a message too.
    package mutating func fill(from position: Position, of backlog: inout Backlog, tokensBehind prefix: [UInt8]) {
        clear(position..<backlog.head)
        prefixSize = prefix.count
        guard let first = backlog.index(of: position) else { return }
        for index in first..<backlog.count {
            let payloads = backlog.tokenPayloads(at: index)
            for place in payloads.ends.indices {
                let range = payloads.range(of: place)
                if !range.isEmpty { append(prefix, payloads.bytes[range]) }
                ends.append(bytes.count)
            }
        }
    }

    private mutating func append(_ prefix: [UInt8], _ payload: ArraySlice<UInt8>) {
        prefixPlaces.append(NextFrame.append(prefix, payload, to: &bytes))
        count += 1
    }

    /// Replaces the operation's prefix in all frames; false when the new one has another length.
    package mutating func readdress(to other: [UInt8]) -> Bool {
        guard other.count == prefixSize else { return false }
        unsafe other.withUnsafeBytes { source in
            unsafe bytes.withUnsafeMutableBytes { target in
                for place in prefixPlaces {
                    unsafe UnsafeMutableRawBufferPointer(rebasing: target[place...]).copyMemory(from: source)
                }
            }
        }
        return true
    }

    /// The first position whose frame ends at or after the given byte, which must lie within `bytes`.
    package func position(endingAtOrAfter byte: Int) -> Int {
        var (low, high) = (0, ends.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] < byte { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func clear(_ positions: Range<Position>) {
        self.positions = positions
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        prefixPlaces.removeAll(keepingCapacity: true)
        count = 0
    }
}
