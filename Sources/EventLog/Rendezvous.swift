/// Which topics are in which partition, and who leads a partition: every relay of a group comes to the same answer.
package enum Rendezvous {
    /// The partition of a topic, from 0 up to, not including, `count`.
    package static func partition(of topic: TopicHash, among count: Int) -> Int {
        var hash = StableHash()
        hash.combine(topic.high)
        hash.combine(topic.low)
        return Int(hash.finished % UInt64(max(1, count)))
    }

    /// The nodes that may lead a partition, the one that should first.
    ///
    /// When a node comes or goes, the order of the others stays (highest random weight).
    package static func ranking(of partition: Int, among nodes: some Sequence<String>) -> [String] {
        let weights = Set(nodes).map { node in
            var hash = StableHash()
            hash.combine(UInt64(truncatingIfNeeded: partition))
            hash.combine(node.utf8)
            return (node: node, weight: hash.finished)
        }
        return weights.sorted { $0.weight == $1.weight ? $0.node < $1.node : $0.weight > $1.weight }.map(\.node)
    }
}
