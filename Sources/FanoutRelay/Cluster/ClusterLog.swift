#if Cluster
internal import Fanout
internal import WebSockets

/// The log of a relay that is one of a group: what its runner says goes to the group, if this relay leads.
struct ClusterLog: TopicLog {
    let node: ClusterNode

    /// Appends updates, which come back from the group's log, to this relay's shards as to all others.
    func append(_ updates: [TopicUpdate], for readers: TopicReaders) {
        let node = node
        node.loop.execute { node.onLoop { $0.take(updates) } }
    }

    func close() {
        let node = node
        node.loop.execute { node.onLoop { $0.close() } }
    }
}
#endif
