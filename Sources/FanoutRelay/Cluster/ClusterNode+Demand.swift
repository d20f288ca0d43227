#if Cluster
internal import EventLog
internal import Fanout
internal import WebSockets

/// What clients want: this relay tells the group, and whoever leads runs it.
extension ClusterNode {
    func serve(_ demand: Demand, of shard: Int) {
        switch demand {
        case .open(let request): open(request, for: shard)
        case .change(.release(let number)): release(TopicRequestID(shard: shard, number: number))
        case .change(.wake(let id)): set(isAwake: true, id, on: shard)
        case .change(.rest(let id)): set(isAwake: false, id, on: shard)
        // Topics of the group aren't reclaimed before their time.
        case .change(.idle), .change(.busy), .change(.kept): break
        }
    }

    private func open(_ request: TopicRequest, for shard: Int) {
        let shared = TopicHash(shared: request.key)
        // A shard that is at that topic by another request has let go of sharing it.
        let isShared =
            request.isShared && partitions[partition(of: shared)].topics.requests(for: shared)[shard] == nil
        let hash =
            isShared
            ? shared
            : TopicHash(
                own: request.key,
                request: request.number << 8 | UInt64(shard),
                of: configuration.node,
                incarnation: incarnation
            )
        desk.open(TopicRequestID(shard: shard, number: request.number), as: hash)
        deliver(partitions[partition(of: hash)].topics.request(hash, request.number, by: shard))
        want(hash, request)
    }

    private func release(_ request: TopicRequestID) {
        guard let hash = desk.release(request) else { return }
        if partitions[partition(of: hash)].topics.release(hash, by: request.shard) { letGo(hash) }
    }

    private func set(isAwake: Bool, _ id: TopicID, on shard: Int) {
        guard let hash = hashes[id], desk.set(isAwake: isAwake, hash, on: shard) else { return }
        if isAwake { want(hash, nil) } else { letGo(hash) }
    }

    /// Ends what shards asked for of a topic that is about to end for all.
    func noteEnd(_ update: LogUpdate) {
        switch update.content {
        case .completed, .refused: break
        case .failed where offered[update.topic] == nil: break
        default: return
        }
        let number = partition(of: update.topic)
        // What ended before the log was read to its end isn't what shards ask for now.
        guard partitions[number].topics.isReady else { return }
        partitions[number].demand.drop(update.topic)
        forgetRequests(for: update.topic)
    }

    /// Forgets what shards ask for of a topic.
    func forgetRequests(for hash: TopicHash) {
        for (shard, number) in partitions[partition(of: hash)].topics.requests(for: hash) {
            desk.release(TopicRequestID(shard: shard, number: number))
        }
        letGo(hash)
    }
}
#endif
