internal import Fanout
internal import GraphQLTransport

/// A plain HTTP request to be answered with server-sent events, which only a shard can do.
enum EventStreamRequest {
    /// The events of the operator's topic with this index.
    case topic(Slot)
    /// The results of a subscription, by GraphQL over SSE in distinct connections mode.
    case subscription(GraphQLRequest)
}
