import ArgumentParser

/// The protocol of the clients: three over WebSockets, and server-sent events.
enum ClientProtocol: String, CaseIterable, ExpressibleByArgument {
    /// The relay's own `fanout.v1.json`: an envelope with type, topic, epoch and sequence.
    case plain
    /// Bare GraphQL payloads.
    case payload
    /// `graphql-transport-ws`.
    case graphql
    /// Server-sent events, numbered by their id: `epoch:sequence`, or a number alone.
    case sse

    /// The subprotocol to offer, which the server must choose.
    var subprotocol: String? {
        switch self {
        case .plain: "fanout.v1.json"
        case .payload, .sse: nil
        case .graphql: "graphql-transport-ws"
        }
    }

    /// The request target for an endpoint: its path and query, with this protocol's defaults.
    func target(for endpoint: Endpoint) -> String {
        let path = endpoint.path ?? (self == .graphql ? "/graphql" : "/")
        var queries = endpoint.query.map { [$0] } ?? []
        let asksForPayload = queries.contains { $0.split(separator: "&").contains("format=payload") }
        if self == .payload, !asksForPayload { queries.append("format=payload") }
        return queries.isEmpty ? path : "\(path)?\(queries.joined(separator: "&"))"
    }
}
