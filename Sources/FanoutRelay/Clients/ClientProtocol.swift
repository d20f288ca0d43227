/// What a client speaks, as the metrics tell it.
enum ClientProtocol: String, CaseIterable {
    /// GraphQL over a WebSocket.
    case transport = "graphql-transport-ws"
    /// The legacy protocol of GraphQL over a WebSocket.
    case legacy = "graphql-ws"
    /// A WebSocket on a topic's path, in either format.
    case plain = "fanout.v1.json"
    /// Server-sent events of a topic's path, in either format.
    case eventStream = "event-stream"
    /// Server-sent events of a GraphQL operation.
    case graphQLStream = "graphql-event-stream"

    /// Its place among all.
    var index: Int {
        switch self {
        case .transport: 0
        case .legacy: 1
        case .plain: 2
        case .eventStream: 3
        case .graphQLStream: 4
        }
    }
}
