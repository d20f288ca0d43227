internal import GraphQLTransport

/// What one segment is in one encoding, ready to be sent to any number of clients: whole frames, server-sent events, or
/// payloads that go behind an operation's id.
package final class ReadyBytes {
    /// What the positions bring, one after the other.
    package private(set) var bytes: [UInt8] = []
    /// Where the bytes of each position end; equal to the one before where a position has none.
    package private(set) var ends: [Int] = []

    /// Of a segment with one position, which may bring nothing.
    init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
        ends = [bytes.count]
    }

    /// Of a batch of events: `pack` appends what the event at an index is.
    ///
    /// - Parameter overhead: About how many bytes each takes beside its payload.
    init(
        _ batch: PayloadBatch,
        overhead: Int,
        pack: (_ index: Int, _ payload: ArraySlice<UInt8>, _ bytes: inout [UInt8]) -> Void
    ) {
        bytes.reserveCapacity(batch.bytes.count + batch.count * overhead)
        ends.reserveCapacity(batch.count)
        for index in batch.indices {
            pack(index, batch[index], &bytes)
            ends.append(bytes.count)
        }
    }

    /// How many positions bring something.
    package var count: Int { bytes.isEmpty ? 0 : ends.count }

    /// Where a position's part is in `bytes`.
    package func range(of position: Int) -> Range<Int> { (position == 0 ? 0 : ends[position - 1])..<ends[position] }
}
