internal import Fanout

/// What a shard appended to its backlogs since its last sweep.
struct PendingSweep {
    /// The topics that have something new.
    var topics: [Slot] = []
    /// Payload bytes of it.
    var bytes = 0

    /// True when it fills a write for each client: nothing is gained by waiting longer.
    var isFull: Bool { bytes >= FrameBuffer.limit }

    mutating func removeAll() {
        topics.removeAll(keepingCapacity: true)
        bytes = 0
    }
}
