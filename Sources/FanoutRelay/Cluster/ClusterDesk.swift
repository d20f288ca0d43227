internal import EventLog
internal import Fanout

/// What this relay's shards want of the group: which topics of clients, and which of the operator's that start on
/// demand.
struct ClusterDesk {
    private var hashes: [TopicRequestID: TopicHash] = [:]
    /// The shards on which somebody listens to an operator's topic that starts on demand.
    private var awake: [TopicHash: Set<Int>] = [:]

    /// Notes a shard's request.
    mutating func open(_ request: TopicRequestID, as hash: TopicHash) { hashes[request] = hash }

    /// Forgets a shard's request; the topic that it was for.
    @discardableResult
    mutating func release(_ request: TopicRequestID) -> TopicHash? { hashes.removeValue(forKey: request) }

    /// Notes whether somebody listens on a shard.
    ///
    /// - Returns: Whether the first came, or the last has gone.
    mutating func set(isAwake: Bool, _ hash: TopicHash, on shard: Int) -> Bool {
        var shards = awake[hash] ?? []
        let wasAwake = !shards.isEmpty
        if isAwake { shards.insert(shard) } else { shards.remove(shard) }
        awake[hash] = shards.isEmpty ? nil : shards
        return wasAwake == shards.isEmpty
    }

    /// Forgets on which shards somebody listens to an operator's topic.
    mutating func forget(_ hash: TopicHash) { awake[hash] = nil }
}
