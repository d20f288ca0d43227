#if Cluster
internal import EventLog
internal import Fanout
internal import Logging
internal import Synchronization
internal import WebSockets

/// Leading: the runner runs the operations, and what it says is appended to the log.
extension ClusterNode {
    /// This relay leads a partition from here on.
    func won(_ number: Int, _ term: UInt64) {
        statistics.takeovers.add(1, ordering: .relaxed)
        logger.notice(
            "this relay leads the group",
            metadata: ["partition": "\(number)", "term": .stringConvertible(term)]
        )
        guard let log = partitions[number].log else { return }
        let stoodBy = partitions[number].duty == .standsBy
        partitions[number].duty = .leads(term: term)
        partitions[number].preparation = nil
        let states = log.member.state.topics
        adoptWants(number, states)
        guard !stoodBy else { return takeOver(number, states) }
        // Until the operations run here, they don't anywhere.
        log.append(states.values.filter { $0.status == .live }.map { ($0.place.topic, .status(.interrupted)) })
        run(number, continuing: states)
    }

    /// Another relay leads, or nobody does.
    func demoted(_ number: Int, _ reason: LogWriter.Demotion) {
        statistics.demotions.add(1, ordering: .relaxed)
        logger.notice(
            "this relay doesn't lead the group any more",
            metadata: ["partition": "\(number)", "reason": "\(reason)"]
        )
        follow(number)
    }

    /// Has the runner run a partition's operations, each where the log says that it is.
    func run(_ number: Int, continuing states: [TopicHash: TopicState]) {
        partitions[number].run += 1
        let run = partitions[number].run
        begin(topics(of: number), continuing: states) { [self] in
            // What the runner says after this is of this run.
            loop.execute { self.onLoop { $0.partitions[number].acceptedRun = run } }
        }
        openWanted(number)
    }

    /// The operator's topics of a partition.
    func topics(of number: Int) -> [TopicHash: OfferedTopic] { offered.filter { partition(of: $0.key) == number } }

    /// Has the runner run topics that the operator has begun to offer, where this relay leads.
    func run(_ added: [TopicHash: OfferedTopic]) {
        for (number, partition) in partitions.enumerated() where partition.duty != .follows {
            let states = partition.log?.member.state.topics ?? [:]
            let topics = added.filter { self.partition(of: $0.key) == number }
            guard partition.duty == .standsBy else {
                begin(topics, continuing: states) {}
                continue
            }
            for hash in topics.keys { standBy(for: hash, states[hash]?.status ?? .waiting) }
            begin(topics, continuing: [:]) {}
        }
    }

    /// Has the runner run operations of the operator's topics.
    ///
    /// - Parameter begun: Is called on the runner's loop, before anything comes of them.
    private func begin(
        _ topics: [TopicHash: OfferedTopic],
        continuing states: [TopicHash: TopicState],
        begun: @escaping @Sendable () -> Void
    ) {
        guard let runner else { return }
        var former: [TopicID: FormerTopic] = [:]
        for (hash, topic) in topics {
            if let state = states[hash] { former[topic.id] = FormerTopic(state) }
            runs.set(isForeign: states[hash]?.isForeign ?? false, hash)
        }
        let wanted = Set(topics.filter { isWanted($0.key) }.map(\.value.id))
        let ids = topics.values.map(\.id)
        runner.loop.execute { [former] in
            runner.onLoop { $0.begin(ids, continuing: former, wanted: wanted) }
            begun()
        }
    }

    /// Has the runner stop a partition's operations; what is on its way of them is nobody's.
    func cease(_ number: Int) {
        partitions[number].run += 1
        let ids = topics(of: number).values.map(\.id)
        if let runner { runner.loop.execute { runner.onLoop { $0.cease(ids) } } }
        for hash in runs.clientTopics where partition(of: hash) == number { release(hash) }
    }

    /// Has the runner run a topic's operation anew.
    ///
    /// - Parameter former: How it was until now; nil for a topic that this relay stands by for.
    func restart(_ hash: TopicHash, continuing former: FormerTopic?) {
        let number = partition(of: hash)
        guard let topic = offered[hash] else {
            guard let request = partitions[number].demand.request(for: hash) else { return }
            release(hash)
            return open(hash, request, of: number, continuing: former)
        }
        restartCount += 1
        let restart = restartCount
        restarts[hash] = restart
        runs.set(isForeign: former?.place != nil, hash)
        if partitions[number].duty == .standsBy {
            let status = partitions[number].log?.member.state.topics[hash]?.status ?? .waiting
            standBy(for: hash, status)
        }
        let isWanted = isWanted(hash)
        guard let runner else { return }
        runner.loop.execute { [self] in
            runner.onLoop { runner in
                runner.cease([topic.id])
                let formers = former.map { [topic.id: $0] } ?? [:]
                runner.begin([topic.id], continuing: formers, wanted: isWanted ? [topic.id] : [])
            }
            // What the runner says after this is of the new operation.
            loop.execute {
                self.onLoop { node in
                    if node.restarts[hash] == restart { node.restarts[hash] = nil }
                }
            }
        }
    }

    // What the runner says.

    /// Takes what the runner says of its topics.
    func take(_ updates: [TopicUpdate]) {
        var entries: [[(TopicHash, TopicEntry)]] = Array(repeating: [], count: partitions.count)
        for update in updates {
            if case .planned = update {
                adoptPlan()
                continue
            }
            guard let hash = hash(of: update) else { continue }
            let number = partition(of: hash)
            // The operations of clients' topics have numbers of their own in each run.
            guard isConfigured(hash) ? partitions[number].isRunning && restarts[hash] == nil : true else { continue }
            switch partitions[number].duty {
            case .follows: continue
            case .standsBy: keep(update, hash, of: number)
            case .leads:
                if partitions[number].takeovers[hash] != nil {
                    // What was said before comes first.
                    append(&entries)
                    if settle(update, hash, of: number) { continue }
                }
                entries[number] += entriesOf(update, hash).map { (hash, $0) }
            }
        }
        append(&entries)
    }

    private func append(_ entries: inout [[(TopicHash, TopicEntry)]]) {
        for number in entries.indices where !entries[number].isEmpty {
            partitions[number].log?.append(entries[number])
            entries[number] = []
        }
    }

    private func isConfigured(_ hash: TopicHash) -> Bool { offered[hash] != nil }

    /// The topic that an update of the runner is about; nil when that is nobody's any more.
    private func hash(of update: TopicUpdate) -> TopicHash? {
        switch update {
        case .segment(let id, _), .failed(let id, _), .completed(let id), .began(let id, _), .reclaimed(let id):
            hashes[id] ?? runs.hash(of: id)
        case .opened(let request, let id, _): runs.opened(request, as: id)
        case .refused(let request, _): runs.hash(of: request)
        case .planned: nil
        }
    }

    private func entriesOf(_ update: TopicUpdate, _ hash: TopicHash) -> [TopicEntry] {
        switch update {
        case .segment(_, let segment):
            return [TopicEntry(segment, isForeign: runs.isForeign(hash))].compactMap(\.self)
        case .failed(_, let errors):
            guard !isConfigured(hash) else { return [.failed(errors: errors)] }
            forget(hash)
            return [.failed(errors: errors), .ended]
        case .completed:
            forget(hash)
            return [.completed]
        case .refused(_, let reason):
            forget(hash)
            return [.refused(reason: reason)]
        case .opened(_, _, let opened): return [.opened] + entriesOf(opened, hash)
        case .began(_, let opened): return entriesOf(opened, hash)
        case .reclaimed(let id):
            // Only relays know whether anybody listens; they say so by letting go of the topic.
            runs.number(of: id).map { runner?.take(.change(.kept(request: $0)), from: TopicRunner.group) }
            return []
        case .planned: return []
        }
    }

    /// Forgets a topic of clients that has ended for all: who asks for it from now on asks for another one.
    private func forget(_ hash: TopicHash) {
        runs.end(hash)
        partitions[partition(of: hash)].demand.drop(hash)
    }

    /// How a topic's events are numbered from here on, and what a relay upstream has sent of its past.
    private func entriesOf(_ opened: OpenedTopic, _ hash: TopicHash) -> [TopicEntry] {
        let wasForeign = runs.isForeign(hash)
        runs.set(isForeign: opened.isForeign, hash)
        guard opened.isForeign else { return wasForeign ? [.began(epoch: nil)] : [] }
        let place = partitions[partition(of: hash)].log?.member.writer.places[hash]
        // With the same epoch the numbers go on, and the log leaves out what it has.
        let beginning: [TopicEntry] =
            place?.epoch == opened.epoch ? [] : [.began(epoch: opened.epoch, after: opened.start)]
        return beginning + opened.history.compactMap { TopicEntry($0, isForeign: true) }
    }
}
#endif
