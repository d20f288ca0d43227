internal import Fanout

/// What a shard appended to its backlogs since the last sweep.
struct PendingSweep {
    /// The topics with something to deliver.
    var topics: [Slot] = []
    /// The bytes to deliver, before they are encoded.
    var bytes = 0

    /// True when the pending bytes fill a client's write, so that waiting for more gains nothing.
    var isFull: Bool { bytes >= FrameBuffer.limit }

    mutating func removeAll() {
        topics.removeAll(keepingCapacity: true)
        bytes = 0
    }
}
