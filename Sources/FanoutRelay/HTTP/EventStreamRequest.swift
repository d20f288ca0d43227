internal import Fanout
internal import GraphQLTransport

/// A plain request that is to be answered with a stream of server-sent events, which only a shard can do.
enum EventStreamRequest {
    /// The events of the operator's topic in this place.
    case topic(Slot)
    /// A subscription, as GraphQL over SSE has it in distinct connections mode.
    case subscription(GraphQLRequest)
}
