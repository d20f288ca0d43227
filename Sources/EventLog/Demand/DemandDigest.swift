/// By which two sets of topics are compared: how many there are, and the sum of their hashes.
///
/// It finds what was lost on the way, and isn't made to withstand somebody who looks for equal sums.
package struct DemandDigest: Equatable, Sendable {
    package internal(set) var count: Int
    package internal(set) var sum: UInt64

    /// That of an empty set.
    package init() { self.init(count: 0, sum: 0) }

    /// - Parameter count: 0 to `DemandLimits.mostTopics`, or nothing will read it.
    package init(count: Int, sum: UInt64) {
        self.count = count
        self.sum = sum
    }

    /// Adds a topic that the set lacks.
    package mutating func insert(_ topic: TopicHash) {
        count += 1
        sum &+= Self.hash(topic)
    }

    /// Takes a topic away that the set has.
    package mutating func remove(_ topic: TopicHash) {
        count -= 1
        sum &-= Self.hash(topic)
    }

    private static func hash(_ topic: TopicHash) -> UInt64 {
        var hash = StableHash()
        hash.combine(topic.high)
        hash.combine(topic.low)
        return hash.finished
    }
}
