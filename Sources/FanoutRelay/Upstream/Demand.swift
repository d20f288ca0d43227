internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// What a shard tells the topics' runner of its subscribers; the answer, if any, comes as a `TopicUpdate`.
///
/// What one shard says arrives in the order it was said.
enum Demand: Sendable {
    /// Clients ask for an operation that no topic of the shard has.
    case open(TopicRequest)
    /// Whether somebody listens has changed.
    case change(DemandChange)
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
