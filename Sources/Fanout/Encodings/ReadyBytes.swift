internal import GraphQLTransport

/// A segment in one encoding, ready for any number of clients: whole frames, server-sent events, or payloads that are
/// sent after an operation's id.
package final class ReadyBytes {
    /// The bytes of all positions, one after the other.
    package private(set) var bytes: [UInt8] = []
    /// Where the bytes of each position end.
    ///
    /// A position without bytes has the same end as the one before.
    package private(set) var ends: [Int] = []

    /// The bytes of a segment with one position; empty when the encoding has none for it.
    init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
        ends = [bytes.count]
    }

    /// The bytes of a batch of events; `pack` appends those of the event at an index.
    ///
    /// - Parameter overhead: About how many bytes each event takes beside its payload.
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

    /// How many positions have bytes.
    package var count: Int { bytes.isEmpty ? 0 : ends.count }

    /// The range of a position in `bytes`.
    package func range(of position: Int) -> Range<Int> { (position == 0 ? 0 : ends[position - 1])..<ends[position] }
}
