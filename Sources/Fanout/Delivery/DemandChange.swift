/// What changes in a shard's interest in a topic.
///
/// What one shard says arrives in the order it was said.
package enum DemandChange: Equatable, Sendable {
    /// Nobody listens any more to what the shard asked for under this number.
    case release(request: UInt64)
    /// Nobody listens just now to what the shard asked for under this number; it lingers.
    case idle(request: UInt64)
    /// Somebody listens again.
    case busy(request: UInt64)
    /// What was wanted back has a subscriber meanwhile; without one the answer is `release`.
    case kept(request: UInt64)
    /// An operator's topic that starts on demand has gained its first subscriber on the shard.
    case wake(topic: TopicID)
    /// It lost the last one, some time ago.
    case rest(topic: TopicID)
}
