internal import GraphQLTransport

/// A plain request that is to be answered with a stream of server-sent events, which only a shard can do.
enum EventStreamRequest {
    /// The events of `/topics/NAME`.
    case topic(Substring)
    /// A subscription, as GraphQL over SSE has it in distinct connections mode.
    case subscription(GraphQLRequest)
}
