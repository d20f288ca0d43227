/// A change in a shard's demand for a topic, which the topics' runner is told.
///
/// The runner gets the changes of one shard in the order in which the shard made them.
package enum DemandChange: Equatable, Sendable {
    /// The shard has let go of the client topic that it requested under this number.
    case release(request: UInt64)
    /// The client topic of this request has no subscriber on the shard, which keeps the topic for the linger time.
    case idle(request: UInt64)
    /// An idle topic has a subscriber again.
    case busy(request: UInt64)
    /// The runner reclaimed the topic, but it has a subscriber again. Without one the answer is `release`.
    case kept(request: UInt64)
    /// An operator's topic that starts on demand has gained its first subscriber on the shard.
    case wake(topic: TopicID)
    /// An operator's topic that starts on demand has had no subscriber on the shard for the linger time.
    case rest(topic: TopicID)
}
