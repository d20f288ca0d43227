#if Cluster
internal import EventLog
internal import Fanout
internal import Logging
internal import NATSLink
internal import Synchronization
internal import WebSockets

/// A relay as one of a group: reads the group's log and delivers it to this relay's shards, and leads in its turn.
actor ClusterNode: LoopActor {
    /// How long the end of the connection is waited for.
    private static let farewell = Duration.seconds(2)

    let loop: EventLoop
    let configuration: ClusterConfiguration
    let statistics: ClusterStatistics
    let counters: Statistics
    let logger: Logger
    private let broadcaster: Broadcaster
    /// The largest event, in bytes.
    let largestPayload: Int
    /// Tells this process from others of the same node; it is greater than that of a former one.
    let incarnation = WallTime.now << 20 | UInt64.random(in: 0..<1 << 20)
    private(set) var link: NATSLink?
    var runner: TopicRunner?
    var partitions: [ClusterPartition]
    /// The operator's topics in the log, and back.
    var offered: [TopicHash: OfferedTopic] = [:]
    var hashes: [TopicID: TopicHash] = [:]
    /// The topics that are offered from the next plan on.
    var planned: OfferedTopics.Change?
    var members: MemberTable
    var desk = ClusterDesk()
    /// The topics that this relay wants, and how clients ask for them.
    var wanting: [TopicHash: DemandRequest?] = [:]
    /// The runner's topics of clients, and its requests for them.
    var runs = ClusterRuns()
    var takeoverTimer: LoopTimer?
    /// The operator's topics of which the runner's former operation may still say something, with the number of the
    /// restart.
    var restarts: [TopicHash: UInt64] = [:]
    var restartCount: UInt64 = 0
    private var timer: LoopTimer?
    /// When this relay tells next that it lives.
    var aliveDue = Duration.zero
    /// The complaints that were logged since the last success.
    private var complaints = ClusterComplaints()
    var isPreparing = false
    /// Whether it is about to end, and may begin to lead no more.
    var isLeaving = false
    /// The partitions that an operator wants another relay to lead.
    var handingOver: Set<Int> = []
    var isClosed = false

    init(
        on loop: EventLoop,
        _ configuration: ClusterConfiguration,
        topics: OfferedTopics,
        lag: LagPolicy,
        largestPayload: Int,
        broadcaster: Broadcaster,
        statistics: ClusterStatistics,
        counters: Statistics,
        logger: Logger
    ) {
        self.loop = loop
        self.configuration = configuration
        self.broadcaster = broadcaster
        self.largestPayload = largestPayload
        self.statistics = statistics
        self.counters = counters
        self.logger = logger
        members = MemberTable(lease: configuration.lease)
        let timing = configuration.timing
        partitions = (0..<configuration.partitions).map { number in
            ClusterPartition(
                topics: LoggedTopics(number: number, clientStatistics: counters.allClientTopics, policy: lag),
                demand: DemandTable(timing: timing)
            )
        }
        for topic in topics.all { offered[topic.hash] = topic }
        for (hash, topic) in offered {
            hashes[topic.id] = hash
            let partition = Rendezvous.partition(of: hash, among: configuration.partitions)
            partitions[partition].topics.configure(hash, as: topic.id, topic.statistics)
        }
    }

    /// The partition of a topic.
    func partition(of hash: TopicHash) -> Int { Rendezvous.partition(of: hash, among: partitions.count) }

    var timing: LogTiming { configuration.timing }

    func start(_ runner: TopicRunner) {
        self.runner = runner
        let link = NATSLink(on: loop, configuration.link) { [weak self] event in
            self?.onLoop { $0.take(event) }
        }
        self.link = link
        subscribeToMembers(link)
        timer = LoopTimer(on: loop) { [weak self] in self?.onLoop { $0.tick() } }
        link.start()
        tick()
    }

    /// Ends the connection; nothing is told any more.
    func stop() async {
        guard !isClosed else { return }
        endWants()
        isClosed = true
        timer?.close()
        takeoverTimer?.close()
        for partition in partitions { partition.log?.stop() }
        runner = nil
        guard let link else { return }
        await close(link)
        self.link = nil
    }

    /// Ends the connection, and waits for it; not for an attempt to connect that hangs.
    private func close(_ link: NATSLink) async {
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let patience = LoopTimer(on: loop) { release.finish() }
        patience.start(after: Self.farewell)
        link.close { release.finish() }
        for await _ in released {}
        patience.close()
    }

    /// Ends what the shards are told, after what was told so far.
    func close() { broadcaster.close() }

    func deliver(_ deliveries: [LoggedTopics.Delivery]) {
        for delivery in deliveries { broadcaster.append(delivery.updates, for: delivery.readers) }
    }

    func deliver(_ updates: [TopicUpdate]) { broadcaster.append(updates) }

    // The link.

    private func take(_ event: NATSLinkEvent) {
        switch event {
        case .connected(let info, let isAgain):
            statistics.isConnected.store(true, ordering: .relaxed)
            if isAgain { statistics.reconnects.add(1, ordering: .relaxed) }
            logger.notice("the group's server is connected", metadata: ["server": "\(info.server)"])
            complaints = ClusterComplaints()
            for partition in partitions { partition.log?.reconnected() }
            noteConnection(true)
            tellAlive(EventLoop.now)
            prepareStreams()
        case .connectFailed(let reasons, _): complain(.unreachable, reasons.joined(separator: "; "))
        case .disconnected(let reason):
            statistics.isConnected.store(false, ordering: .relaxed)
            noteConnection(false)
            complain(.lost, reason)
        case .lameDuck: logger.notice("the group's server is about to end")
        case .fault(let text): complain(.refusing, text)
        case .closed: statistics.isConnected.store(false, ordering: .relaxed)
        }
    }

    /// Logs what is wrong, once in an outage.
    func complain(_ complaint: ClusterComplaint, _ reason: String) {
        let (level, message) = complaint.line
        statistics.fault.withLock { $0 = "\(message): \(reason)" }
        guard complaints.isNew(complaint, reason) else { return }
        logger.log(level: level, "\(message)", metadata: ["reason": "\(reason)"])
    }

    // Time.

    /// Looks after what time changes: who lives, who leads, and whether anybody does.
    private func tick() {
        let now = EventLoop.now
        timer?.start(after: configuration.lease / 4)
        members.forget(at: now)
        if aliveDue <= now { tellAlive(now) }
        tickWants(now)
        rank()
        tickStandbys(now)
        for number in partitions.indices {
            let heard = partitions[number].log?.heard
            let isLed = heard.map { now - $0 <= configuration.lease } ?? false
            deliver(partitions[number].topics.set(isLed: isLed, at: now))
            partitions[number].log?.renew()
            note(number)
        }
        refreshReadiness()
    }

    /// Says whether clients can be served: the log is read, and somebody was heard in it lately.
    func refreshReadiness() {
        let now = EventLoop.now
        let isReady = partitions.allSatisfy { partition in
            partition.topics.isReady && partition.log.map { now - $0.heard <= configuration.lease * 2 } ?? false
        }
        statistics.isReady.store(isReady, ordering: .relaxed)
        if isReady { statistics.fault.withLock { $0 = nil } }
    }

    private func note(_ number: Int) {
        guard let log = partitions[number].log else { return }
        let (member, isLeader) = (log.member, partitions[number].isLeader)
        let state = PartitionStatistics.State(
            isLeader: isLeader,
            leader: member.state.leader?.node,
            term: member.state.term,
            head: member.reader.head,
            end: member.reader.end,
            outboxBytes: member.writer.outboxSize,
            counts: PartitionStatistics.Counts(member),
            heard: log.heard,
            topics: member.state.topics.count
        )
        statistics.partitions[number].state.withLock { $0 = state }
    }
}

extension PartitionStatistics.Counts {
    fileprivate init(_ member: LogMember) {
        let (writer, reader) = (member.writer.counts, member.reader.counts)
        self.init(
            appends: writer.appends,
            conflicts: writer.conflicts,
            doubts: writer.doubts,
            droppedEvents: writer.dropped,
            holes: reader.holes,
            fetched: reader.fetched,
            gone: reader.gone,
            rewinds: reader.rewinds,
            staleTerms: member.state.counts.staleTerms,
            unreadable: member.unreadable
        )
    }
}

extension ClusterConfiguration {
    /// How long the relays wait for what.
    var timing: LogTiming {
        // The servers' own election takes up to 10 s, during which nobody else has the events of a cold group.
        LogTiming(lease: lease, acknowledgementTimeout: max(lease, .seconds(15)))
    }
}

extension OfferedTopic {
    /// What the topic is called in a group's log.
    var hash: TopicHash { TopicHash(name: definition.name, key) }
}
#endif
