/// The WebSocket subprotocols of GraphQL; the raw value is the name in the handshake.
public enum Subprotocol: String, Sendable, CaseIterable {
    /// `graphql-transport-ws`, of the library graphql-ws; the preferred one.
    case transport = "graphql-transport-ws"

    /// `graphql-ws`, the legacy one, of the library subscriptions-transport-ws.
    case legacy = "graphql-ws"

    /// The subprotocol that a server's answer to an upgrade selects among the offered ones.
    ///
    /// Without an answer it is the only one offered, since a server that accepts the upgrade can't mean another. If
    /// several were offered it is the legacy one, because early servers of that protocol don't name it. Nil for
    /// anything that wasn't offered (RFC 6455 section 4.1).
    package init?(answer: String?, offered: [Subprotocol]) {
        let only = Set(offered).count == 1 ? offered.first : nil
        let selected = answer.map { Subprotocol(rawValue: $0) } ?? only ?? .legacy
        guard let selected, offered.contains(selected) else { return nil }
        self = selected
    }
}
