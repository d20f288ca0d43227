internal import Synchronization

/// What a relay has done in its group, for the metrics and for whoever asks whether it is ready.
final class ClusterStatistics: Sendable {
    /// What the group is called, and this relay in it.
    let name: String
    let node: String
    /// Whether a NATS server is connected.
    let isConnected = Atomic(false)
    /// Whether the log was read to its end, and somebody was heard in it lately.
    let isReady = Atomic(false)
    /// Why it isn't, as text; nil while it is, or nothing is known yet.
    let fault = Mutex<String?>(nil)
    let reconnects = Atomic(0)
    /// How often this relay began to lead, and how often it stopped to.
    let takeovers = Atomic(0)
    let demotions = Atomic(0)
    /// Topics with which this relay, which had stood by, went on without a gap, and those that it told one of.
    let aligned = Atomic(0)
    let unaligned = Atomic(0)
    let partitions: [PartitionStatistics]

    init(_ configuration: ClusterConfiguration) {
        name = configuration.name
        node = configuration.node
        partitions = (0..<configuration.partitions).map { _ in PartitionStatistics() }
    }
}

/// The same for one partition of the log.
final class PartitionStatistics: Sendable {
    /// How the partition is, as the node saw it last.
    struct State: Sendable {
        var isLeader = false
        var leader: String?
        var term: UInt64 = 0
        /// The number of the newest message that was read, and of the newest that is known.
        var head: UInt64 = 0
        var end: UInt64 = 0
        var outboxBytes = 0
        var counts = Counts()
        /// When the newest message came, by the loops' clock.
        var heard = Duration.zero
        var topics = 0
    }

    /// What has happened since the start.
    struct Counts: Sendable {
        var appends: UInt64 = 0
        var conflicts: UInt64 = 0
        var doubts: UInt64 = 0
        var droppedEvents: UInt64 = 0
        var holes: UInt64 = 0
        var fetched: UInt64 = 0
        var gone: UInt64 = 0
        var rewinds: UInt64 = 0
        var staleTerms: UInt64 = 0
        var unreadable: UInt64 = 0
    }

    let state = Mutex(State())
}
