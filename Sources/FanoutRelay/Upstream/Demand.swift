internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// What a shard tells the topics' runner of its subscribers; the answer, if any, comes as a `TopicUpdate`.
///
/// The runner gets what one shard sends in the order in which it was sent.
enum Demand: Sendable {
    /// The shard needs a topic for an operation that none of its topics has.
    case open(TopicRequest)
    /// The demand for a topic has changed.
    case change(DemandChange)
}

/// A shard's request for a topic that the operator didn't name.
struct TopicRequest: Sendable {
    /// The shard's number for the request; each is used once.
    let number: UInt64
    /// Equal keys of several shards mean the same operation.
    let key: OperationKey
    /// What to send upstream.
    let request: GraphQLRequest
    /// The address of the client that caused it.
    let network: ClientNetwork
    /// Whether equal requests may share one topic.
    let isShared: Bool
    /// How the topic was while another relay of a group ran it; nil where none has.
    var former: FormerTopic?
}
