internal import Wire

/// A WebSocket handshake, as far as a server decides by it.
package final class UpgradeRequest: Sendable {
    /// The path, percent-decoded, without the query.
    package let path: String
    /// The query's parameters in order, percent-decoded.
    package let query: [QueryItem]
    /// The Host header.
    package let host: String
    /// The Origin header; browsers always send one, other clients seldom.
    package let origin: String?
    /// The Authorization header.
    package let authorization: String?
    /// The Cookie header, several joined.
    package let cookie: String?
    /// The client's certificate; nil when it showed none.
    package let certificate: ClientCertificate?
    /// The client's address in numbers, without the port; empty where a test has none.
    package let peer: String
    /// Which of the listener's bindings the client came to.
    package let binding: Int
    /// Whether a trusted proxy tells that its client speaks https.
    package let usesHTTPS: Bool
    /// The subprotocols that the client offers, in its order.
    package let subprotocols: [String]

    /// Makes a request; the defaults are those of a plain client.
    package init(
        path: String,
        query: [QueryItem] = [],
        host: String = "",
        origin: String? = nil,
        authorization: String? = nil,
        cookie: String? = nil,
        certificate: ClientCertificate? = nil,
        peer: String = "",
        binding: Int = 0,
        usesHTTPS: Bool = false,
        subprotocols: [String] = []
    ) {
        self.path = path
        self.query = query
        self.host = host
        self.origin = origin
        self.authorization = authorization
        self.cookie = cookie
        self.certificate = certificate
        self.peer = peer
        self.binding = binding
        self.usesHTTPS = usesHTTPS
        self.subprotocols = subprotocols
    }

    /// The first value of a query parameter.
    package func parameter(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}

extension UpgradeRequest {
    /// Reads a valid handshake's head, unless libwebsockets reads more in it than is written there.
    convenience init?(_ head: RequestHead, offering offer: SubprotocolOffer, over socket: AcceptedSocket) {
        guard let target = head.literalTarget else { return nil }
        self.init(
            path: target.path,
            query: target.query.utf8.split(separator: UInt8(ascii: "&")).map(QueryItem.init),
            host: socket.proxied?.host ?? head.nonEmptyValue(of: .host) ?? "",
            origin: head.nonEmptyValue(of: .origin),
            authorization: head.nonEmptyValue(of: .authorization),
            cookie: head.nonEmptyValue(of: .cookie),
            peer: socket.peer,
            binding: socket.binding,
            usesHTTPS: socket.proxied?.usesHTTPS ?? false,
            subprotocols: offer.names
        )
    }
}

extension QueryItem {
    /// Reads a parameter in which nothing is encoded.
    fileprivate init(_ text: Substring.UTF8View) {
        let sign = text.firstIndex(of: UInt8(ascii: "=")) ?? text.endIndex
        self.init(name: String(Substring(text[..<sign])), value: String(Substring(text[sign...].dropFirst())))
    }
}
