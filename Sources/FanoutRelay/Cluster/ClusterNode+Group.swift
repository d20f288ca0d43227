#if Cluster
internal import EventLog
internal import Fanout
internal import WebSockets

/// The node as the rest of the relay sees it.
extension ClusterNode: RelayGroup {
    nonisolated var log: any TopicLog { ClusterLog(node: self) }

    nonisolated func take(_ demand: Demand, from shard: Int) {
        loop.execute { [self] in onLoop { $0.serve(demand, of: shard) } }
    }

    func prepare(_ change: OfferedTopics.Change, _ lag: LagPolicy) {
        planned = change
        for number in partitions.indices { partitions[number].topics.adopt(lag) }
    }

    /// Offers what was prepared, behind the updates that came before.
    func adoptPlan() {
        deliver([.planned])
        guard let change = planned.take() else { return }
        let next = Dictionary(uniqueKeysWithValues: change.topics.all.map { ($0.hash, $0) })
        let former = offered
        for (hash, topic) in former where next[hash]?.id != topic.id { withdraw(hash, topic.id) }
        let added = next.filter { former[$0.key]?.id != $0.value.id }
        offered = next
        for (hash, topic) in next {
            guard let start = former[hash]?.definition.start else { continue }
            note(start, next: topic.definition.start, hash)
        }
        for (hash, topic) in added {
            hashes[topic.id] = hash
            deliver(partitions[partition(of: hash)].topics.configure(hash, as: topic.id, topic.statistics))
        }
        run(added)
    }

    /// Offers a topic no more, which doesn't run any more.
    private func withdraw(_ hash: TopicHash, _ id: TopicID) {
        let number = partition(of: hash)
        hashes[id] = nil
        partitions[number].forgetPlace(of: hash)
        restarts[hash] = nil
        runs.end(hash)
        desk.forget(hash)
        letGo(hash)
        partitions[number].topics.withdraw(hash)
        guard let log = partitions[number].log, partitions[number].isLeader else { return }
        if log.member.state.topics[hash]?.status == .live { log.append([(hash, .status(.interrupted))]) }
        // It ends for all unless another relay wants it.
        partitions[number].demand.adopt([hash], until: EventLoop.now + timing.demandLifetime)
    }

    /// Takes into account that a topic starts at another time than before.
    private func note(_ former: TopicDefinition.Start, next start: TopicDefinition.Start, _ hash: TopicHash) {
        switch (former, start) {
        case (.always, .demand):
            // Until each shard says that nobody listens there.
            for shard in counters.shards.indices where desk.set(isAwake: true, hash, on: shard) { want(hash, nil) }
        case (.demand, .always):
            desk.forget(hash)
            letGo(hash)
        case (.always, .always), (.demand, .demand): break
        }
    }

    func shed() {
        for number in partitions.indices { partitions[number].topics.shed() }
    }
}
#endif
