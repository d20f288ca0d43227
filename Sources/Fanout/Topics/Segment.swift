package import GraphQLTransport
internal import Synchronization

/// A piece of a topic's history, immutable and shared by reference between the shards.
package final class Segment: Sendable {
    /// What it records.
    package enum Content: Sendable {
        /// Events with successive numbers from `first`.
        case events(first: UInt64, PayloadBatch)
        /// Events may be missing here; `after` is the number of the last event before.
        case gap(after: UInt64, reason: String)
        /// The upstream operation was interrupted, or runs again.
        case status(TopicStatus)
        /// The server refused the operation with these errors, a JSON array.
        case refused(errors: [UInt8])
    }

    /// What it records.
    package let content: Content
    /// When it was recorded, on the loops' clock.
    package let time: Duration
    /// When the first of its events was read from the server, which may have been some time before, on the same clock.
    package let arrival: Duration
    /// Knows how many bytes of the topic are held; nil where nobody has to know.
    private let statistics: TopicStatistics?

    package init(
        _ content: Content,
        at time: Duration,
        arrival: Duration? = nil,
        countedBy statistics: TopicStatistics? = nil
    ) {
        self.content = content
        self.time = time
        self.arrival = arrival ?? time
        self.statistics = statistics
        statistics?.heldBytes.add(footprint, ordering: .relaxed)
    }

    deinit { statistics?.heldBytes.subtract(footprint, ordering: .relaxed) }

    /// How many positions it takes in a backlog.
    package var count: Int {
        if case .events(_, let batch) = content { batch.count } else { 1 }
    }

    /// How many events it has.
    package var events: Int {
        if case .events(_, let batch) = content { batch.count } else { 0 }
    }

    /// Whether it records a state of the topic.
    ///
    /// A client that joins later doesn't need it: it is told the current state.
    package var isState: Bool {
        switch content {
        case .status, .refused: true
        case .events, .gap: false
        }
    }

    /// The number of the last event before the segment; nil for a state, which doesn't record it.
    package var sequenceBefore: UInt64? {
        switch content {
        case .events(let first, _): first - 1
        case .gap(let after, _): after
        case .status, .refused: nil
        }
    }

    /// About what a segment costs beside its payload bytes: the object, its entries in the backlogs, its ready frames.
    package static let overhead = 512

    /// What it costs in memory, as the limits count it.
    package var footprint: Int { size + Self.overhead }

    /// Payload bytes that it holds.
    package var size: Int {
        if case .events(_, let batch) = content { batch.bytes.count } else { 0 }
    }
}

/// Whether a topic's upstream operation runs.
package enum TopicStatus: String, Sendable {
    /// The operation was never started, waits for its first link, or is stopped because nobody listens.
    case waiting
    /// It runs.
    case live
    /// It was interrupted and is being restarted.
    case interrupted
    /// The server answered with errors and the operation is tried again; or its back-off gave up until the next link.
    case failed
}
