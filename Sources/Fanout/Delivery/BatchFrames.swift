internal import GraphQLTransport
internal import Wire

/// The frames of all that one batch appended to a topic, in one encoding: what everybody lacks who lacked nothing before.
///
/// One for each shard; its memory is kept between batches.
package struct BatchFrames {
    /// The frames one after the other.
    package private(set) var bytes: [UInt8] = []
    /// Where the frame of each position ends; equal to the one before where a position has no frame.
    package private(set) var ends: [Int] = []
    /// The first position, and the one after the last.
    package private(set) var positions: Range<Position> = 0..<0
    /// How many frames there are.
    package private(set) var count = 0
    /// Where the id of a GraphQL operation stands, with what goes around it, in each frame.
    private var prefixPlaces: [Int] = []
    private var prefixSize = 0

    package init() {}

    /// Takes the frames of a shared encoding; those of a single segment aren't copied.
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

    /// Makes `next` messages with a first operation's prefix.
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

    /// The same with tokens, where a gap has a message of its own.
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

    /// Puts another operation's prefix in the place of the one before; false when it is of another length.
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

    /// The first position whose frame ends at or after a byte; there is one when the byte is one of theirs.
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
