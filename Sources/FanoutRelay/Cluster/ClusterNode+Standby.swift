#if Cluster
internal import EventLog
internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Standing by: the operations run here too, and this relay knows where it would go on if the leader died.
extension ClusterNode {
    /// Has whoever should lead next stand by, and nobody else, where standbys are hot.
    ///
    /// - Parameter ranking: Who may lead it, the one that should first.
    func chooseStandby(_ number: Int, _ ranking: [String]) {
        guard let log = partitions[number].log, !partitions[number].isLeader else { return }
        // Who prepares for a hand-over stays.
        if let preparation = partitions[number].preparation, EventLoop.now < preparation.end { return }
        partitions[number].preparation = nil
        let hasLeader = log.member.state.leader != nil && log.member.state.leader?.node != configuration.node
        let isNext = configuration.standby == .hot && mayLead && hasLeader && ranking.first == configuration.node
        if isNext { standBy(number) } else if partitions[number].duty == .standsBy { follow(number) }
    }

    /// Begins to run the operations of a partition that another relay leads.
    func standBy(_ number: Int) {
        guard partitions[number].duty == .follows, let log = partitions[number].log, partitions[number].topics.isReady
        else { return }
        partitions[number].duty = .standsBy
        logger.info("this relay stands by to lead the group", metadata: ["partition": "\(number)"])
        let states = log.member.state.topics
        for hash in topics(of: number).keys {
            standBy(for: hash, states[hash]?.status ?? .waiting)
        }
        run(number, continuing: [:])
    }

    /// Leaves the operations to the leader alone.
    func follow(_ number: Int) {
        partitions[number].duty = .follows
        partitions[number].standbys = [:]
        partitions[number].takeovers = [:]
        cease(number)
    }

    var standbyLimits: StandbyLimits { StandbyLimits(lease: configuration.lease) }

    /// A topic runs here too from now on.
    func standBy(for hash: TopicHash, _ status: OperationStatus) {
        partitions[partition(of: hash)].standbys[hash] = StandbyTopic(
            standbyLimits,
            leaderStatus: status,
            refetches: offered[hash]?.definition.refetch != nil,
            now: EventLoop.now
        )
    }

    /// Takes what the runner says of a topic while this relay stands by.
    func keep(_ update: TopicUpdate, _ hash: TopicHash, of number: Int) {
        partitions[number].standbys[hash]?.take(update, now: EventLoop.now)
        switch update {
        case .refused, .completed, .failed:
            guard offered[hash] == nil else { return }
            // The leader tells it, if its operation has ended as well.
            partitions[number].standbys[hash] = nil
            runs.end(hash)
        default: break
        }
    }

    /// Takes what the log says, for the topics that run here too.
    func compare(_ updates: [LogUpdate], of number: Int, now: Duration) {
        for update in updates { partitions[number].standbys[update.topic]?.take(update, now: now) }
    }

    /// A message of who leads was read, with these updates or none.
    func heard(_ number: Int, now: Duration) {
        guard partitions[number].duty == .standsBy, let term = partitions[number].log?.member.state.term else { return }
        let isNewTerm = term > partitions[number].heardTerm
        partitions[number].heardTerm = term
        for hash in partitions[number].standbys.keys {
            partitions[number].standbys[hash]?.heard(isNewTerm: isNewTerm, now: now)
        }
    }

    func tickStandbys(_ now: Duration) {
        for number in partitions.indices {
            for hash in partitions[number].standbys.keys {
                partitions[number].standbys[hash]?.tick(now: now)
                // What it has brought can't be continued.
                if partitions[number].standbys[hash]?.needsRestart == true { restart(hash, continuing: nil) }
            }
            tellPrepared(number, now)
        }
    }

    // Taking over.

    /// This relay leads now, and goes on with each topic where the log ends.
    func takeOver(_ number: Int, _ states: [TopicHash: TopicState]) {
        let now = EventLoop.now
        let standbys = partitions[number].standbys
        partitions[number].standbys = [:]
        for (hash, standby) in standbys {
            let state = states[hash]
            // Behind the last number of a relay upstream nothing has to be found.
            guard !standby.isForeign, state?.isForeign != true else {
                restart(hash, continuing: state.map(FormerTopic.init))
                continue
            }
            // Where neither runs, because nobody listens, nothing is missed.
            if state?.status == .waiting, standby.status == .waiting { continue }
            guard let state, state.place.sequence > 0 || FormerTopic(state).mayLack else {
                // Nothing was told of it before.
                tell(standby.status, hash, of: number, unless: state?.status)
                partitions[number].log?.append([(hash, .events(standby.feed.suffix(from: 0)))])
                continue
            }
            tell(standby.status, hash, of: number, unless: state.status)
            var takeover = Takeover(of: standby.feed, tail: state.tailToAlign, now: now)
            let decision = takeover.decide(now: now)
            partitions[number].takeovers[hash] = takeover
            decide(decision, hash, of: number)
        }
        openWanted(number)
        startTakeoverTimer()
    }

    private func tell(_ status: TopicStatus, _ hash: TopicHash, of number: Int, unless known: OperationStatus?) {
        guard OperationStatus(status) != known else { return }
        partitions[number].log?.append([(hash, .status(OperationStatus(status)))])
    }

    /// Takes what the runner says of a topic whose place is still looked for; false when it isn't.
    func settle(_ update: TopicUpdate, _ hash: TopicHash, of number: Int) -> Bool {
        guard partitions[number].takeovers[hash] != nil else { return false }
        let now = EventLoop.now
        guard case .segment(_, let segment) = update else { return true }
        switch segment.content {
        case .events(_, let batch):
            guard let payloads = EventPayloads(bytes: batch.bytes, ends: batch.ends),
                let decision = partitions[number].takeovers[hash]?.received(payloads, now: now)
            else { return true }
            decide(decision, hash, of: number)
        case .gap, .status:
            guard let decision = partitions[number].takeovers[hash]?.interrupted(now: now) else { return true }
            decide(decision, hash, of: number)
        case .refused: break
        }
        return true
    }

    private func decide(_ decision: Takeover.Decision, _ hash: TopicHash, of number: Int) {
        switch decision {
        case .wait: break
        case .proceed(let payloads):
            partitions[number].takeovers[hash] = nil
            statistics.aligned.add(1, ordering: .relaxed)
            if !payloads.isEmpty { partitions[number].log?.append([(hash, .events(payloads))]) }
        case .gap(let obstacle):
            partitions[number].takeovers[hash] = nil
            statistics.unaligned.add(1, ordering: .relaxed)
            logger.info(
                "where a topic goes on from the log isn't known: a gap is told",
                metadata: ["topic": "\(offered[hash]?.definition.name ?? "*")", "reason": "\(obstacle)"]
            )
            // Until the operation runs again.
            tell(.interrupted, hash, of: number, unless: nil)
            restart(hash, continuing: FormerTopic(place: nil, mayLack: true))
        }
    }

    private func startTakeoverTimer() {
        guard let deadline = partitions.flatMap({ $0.takeovers.values.map(\.deadline) }).min() else { return }
        let timer = takeoverTimer ?? LoopTimer(on: loop) { [weak self] in self?.onLoop { $0.decideOverdue() } }
        takeoverTimer = timer
        timer.start(after: max(.zero, deadline - EventLoop.now))
    }

    private func decideOverdue() {
        let now = EventLoop.now
        for number in partitions.indices {
            for hash in partitions[number].takeovers.keys {
                guard let decision = partitions[number].takeovers[hash]?.decide(now: now) else { continue }
                decide(decision, hash, of: number)
            }
        }
        startTakeoverTimer()
    }
}
#endif
