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

    /// A leader's wish that this relay be ready to lead next.
    struct Preparation {
        let term: UInt64
        /// When it is passed over.
        let end: Duration
    }

    var topics: LoggedTopics
    /// Says which topics this relay wants; nil until a server was connected.
    var sender: DemandSender?
    /// Which topics the relays want together.
    var demand: DemandTable
    /// Drives the log; nil until a server was connected.
    var log: PartitionLog?
    var duty = Duty.follows
    /// The newest term of a message that was read.
    var heardTerm: UInt64 = 0
    /// What this relay has of the topics that it stands by for.
    var standbys: [TopicHash: StandbyTopic] = [:]
    /// The topics whose place in the log is looked for, since this relay has begun to lead.
    var takeovers: [TopicHash: Takeover] = [:]
    /// Which relay is ready to lead next, and whether the partition was left to it.
    var readySuccessor: String?
    var isHandedOver = false
    /// The hand-over that this relay stands by for; nil when it isn't asked to.
    var preparation: Preparation?
    /// The number of the runner's newest run of the partition's operations, and of the one whose updates come now.
    ///
    /// Those of an earlier run may still be on their way.
    var run: UInt64 = 0
    var acceptedRun: UInt64 = 0

    /// Forgets where a topic goes on, which doesn't run here any more.
    mutating func forgetPlace(of hash: TopicHash) { (standbys[hash], takeovers[hash]) = (nil, nil) }

    /// Where this relay is, as it tells others.
    var place: MemberPlace {
        let duty: MemberPlace.Duty =
            switch duty {
            case .follows: .follows
            case .standsBy: .standsBy
            case .leads: .leads
            }
        let reader = log?.member.reader
        return MemberPlace(duty, term: log?.member.state.term ?? 0, head: reader?.head ?? 0, end: reader?.end ?? 0)
    }

    var isLeader: Bool { if case .leads = duty { true } else { false } }
    /// Whether what the runner says counts.
    var isRunning: Bool { duty != .follows && run == acceptedRun }
}
#endif
