/// A WebSocket handshake, as far as a server decides by it.
package struct UpgradeRequest: Sendable {
    /// The path, percent-decoded, without the query.
    package var path: String
    /// The query's parameters in order, percent-decoded.
    package var query: [QueryItem]
    /// The Host header.
    package var host: String
    /// The Origin header; browsers always send one, other clients seldom.
    package var origin: String?
    /// The Authorization header.
    package var authorization: String?
    /// The Cookie header, several joined.
    package var cookie: String?
    /// The client's certificate; nil when it showed none.
    package var certificate: ClientCertificate?
    /// The client's address in numbers, without the port; empty where a test has none.
    package var peer = ""
    /// Which of the listener's bindings the client came to.
    package var binding = 0
    /// Whether a trusted proxy tells that its client speaks https.
    package var usesHTTPS = false
    /// What the decision over it has to say to `opened`.
    package internal(set) var context: (any AnyObject & Sendable)?
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
