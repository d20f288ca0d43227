internal import AllowedDocuments
internal import Fanout
internal import GraphQLTransport

/// A plain request that is to be answered with a stream of server-sent events, which only a shard can do.
struct EventStreamRequest {
    enum Target {
        /// The events of this topic of the operator's.
        case topic(TopicID)
        /// The events of an allowed document's subscription.
        case document(ComposedOperation)
        /// A subscription, as GraphQL over SSE has it in distinct connections mode.
        case subscription(GraphQLRequest)
    }

    let target: Target
    /// What the client may have.
    let grant: Grant
}
