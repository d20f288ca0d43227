#if Cluster
internal import EventLog

/// What a relay does for one partition of its group's log.
struct ClusterPartition {
    /// Whether the operations run here.
    enum Duty: Equatable {
        /// Another relay runs them. Can transition to: standsBy, leads.
        case follows
        /// They run here too, so that this relay goes on with them if it has to lead. Can transition to: all.
        case standsBy
        /// This relay leads in a term. Can transition to: follows, standsBy.
        case leads(term: UInt64)
    }

    var topics: LoggedTopics
    /// Says which topics this relay wants; nil until a server was connected.
    var sender: DemandSender?
    /// Which topics the relays want together.
    var demand: DemandTable
    /// Drives the log; nil until a server was connected.
    var log: PartitionLog?
    var duty = Duty.follows
    /// The number of the runner's newest run of the partition's operations, and of the one whose updates come now.
    ///
    /// Those of an earlier run may still be on their way.
    var run: UInt64 = 0
    var acceptedRun: UInt64 = 0

    var isLeader: Bool { if case .leads = duty { true } else { false } }
    /// Whether what the runner says counts.
    var isRunning: Bool { duty != .follows && run == acceptedRun }
}
#endif
