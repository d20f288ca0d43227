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

    func start(_ runner: TopicRunner) async { begin(runner) }

    func prepare(_ change: OfferedTopics.Change, _ lag: LagPolicy) async {
        planned = change
        for number in partitions.indices { partitions[number].topics.adopt(lag) }
    }

    /// Offers what was prepared, behind the updates that came before.
    func adoptPlan() {
        deliver([.planned])
        guard let change = planned.take() else { return }
        let next = Dictionary(uniqueKeysWithValues: change.topics.all.map { ($0.hash, $0) })
        for (hash, topic) in offered where next[hash]?.id != topic.id {
            hashes[topic.id] = nil
            partitions[partition(of: hash)].topics.withdraw(hash)
        }
        let added = next.filter { offered[$0.key]?.id != $0.value.id }
        offered = next
        for (hash, topic) in added {
            hashes[topic.id] = hash
            deliver(partitions[partition(of: hash)].topics.configure(hash, as: topic.id, topic.statistics))
        }
        run(added)
    }

    func shed() async {
        for number in partitions.indices { partitions[number].topics.shed() }
    }

    func leave(within limit: Duration) async { await leaveAll(within: limit) }

    func stop() async { await end() }
}
#endif
