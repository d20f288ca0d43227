/// The WebSocket subprotocols of GraphQL; the raw value is the name in the handshake.
public enum Subprotocol: String, Sendable, CaseIterable {
    /// `graphql-transport-ws`, that of the library graphql-ws, and the one to prefer.
    case transport = "graphql-transport-ws"

    /// `graphql-ws`, the legacy one of the library subscriptions-transport-ws.
    case legacy = "graphql-ws"

    /// What a server's answer to an upgrade selects among the subprotocols that the client offered.
    ///
    /// Without an answer it is the only one that was offered, since a server that is asked for one and goes on can mean
    /// no other. Among several it is the legacy one, because its servers came before they named it. Nil for anything
    /// that was not offered (RFC 6455 section 4.1).
    package init?(answer: String?, offered: [Subprotocol]) {
        let only = Set(offered).count == 1 ? offered.first : nil
        let selected = answer.map { Subprotocol(rawValue: $0) } ?? only ?? .legacy
        guard let selected, offered.contains(selected) else { return nil }
        self = selected
    }
}
