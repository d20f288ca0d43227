/// A WebSocket handshake, as far as a server decides by it.
package struct UpgradeRequest: Sendable, Equatable {
    /// The path, percent-decoded, without the query.
    package var path: String
    /// The query's parameters in order, percent-decoded.
    package var query: [QueryItem]
    /// The Host header.
    package var host: String
    /// The Origin header; browsers always send one, other clients seldom.
    package var origin: String?
    /// The subprotocols that the client offers, in its order.
    package var subprotocols: [String]

    /// Makes a request; the defaults are those of a plain client.
    package init(
        path: String,
        query: [QueryItem] = [],
        host: String = "",
        origin: String? = nil,
        subprotocols: [String] = []
    ) {
        self.path = path
        self.query = query
        self.host = host
        self.origin = origin
        self.subprotocols = subprotocols
    }

    /// The first value of a query parameter.
    package func parameter(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}

/// One parameter of a query string.
package struct QueryItem: Sendable, Equatable {
    /// The part before the equals sign.
    package var name: String
    /// The part after it; empty when there is none.
    package var value: String

    /// Makes a parameter.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What a server answers to a handshake.
package enum UpgradeDecision: Sendable, Equatable {
    /// Complete it.
    case accept
    /// Answer over HTTP instead, with a 4xx or 5xx status and one line of text.
    case refuse(status: Int, reason: String)
}
