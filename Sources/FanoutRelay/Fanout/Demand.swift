internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// What a shard tells the upstream of its subscribers; the answer, if any, comes as a `TopicUpdate`.
///
/// What one shard says arrives in the order it was said.
enum Demand: Sendable {
    /// Clients ask for an operation that no topic of the shard has.
    case open(TopicRequest)
    /// Nobody listens any more to what the shard asked for under this number.
    case release(request: UInt64)
    /// Nobody listens just now to what the shard asked for under this number; it lingers.
    case idle(request: UInt64)
    /// Somebody listens again.
    case busy(request: UInt64)
    /// What the upstream wanted back has a subscriber meanwhile; without one the answer is `release`.
    case kept(request: UInt64)
    /// An operator's topic that starts on demand has gained its first subscriber on the shard.
    case wake(topic: Int)
    /// It lost the last one, some time ago.
    case rest(topic: Int)
}

/// A shard's wish for a topic that the operator didn't name.
struct TopicRequest: Sendable {
    /// The shard's own number for it, never used again.
    let number: UInt64
    /// What makes it the same as another shard's.
    let key: OperationKey
    /// What to send upstream.
    let request: GraphQLRequest
    /// Where it comes from.
    let network: ClientNetwork
    /// Whether it may be one topic with others' equal requests.
    let isShared: Bool
}
