/// The opening handshake from the server's side (RFC 6455 section 4.2).
struct ServerHandshake {
    /// A request that opens a WebSocket.
    struct Request: Equatable {
        var key: String
        /// The request's path and query.
        var target: String
        /// The offered subprotocols, the preferred one first.
        var subprotocols: [String]
    }

    /// The request in a head, from the request line to the empty line; nil if it isn't a WebSocket handshake.
    static func request(_ head: [UInt8]) -> Request? {
        let head = HTTPHead(head)
        guard let target = head.target, head.values("sec-websocket-version") == ["13"],
            head.values("upgrade").contains(where: { $0.lowercased() == "websocket" }),
            head.list("connection").contains(where: { $0.lowercased() == "upgrade" }),
            let key = head.values("sec-websocket-key").first, key.utf8.count == 24
        else { return nil }
        return Request(key: key, target: target, subprotocols: head.list("sec-websocket-protocol"))
    }

    /// The answer that accepts a request, with one of its subprotocols or none.
    static func acceptance(_ request: Request, subprotocol: String?) -> [UInt8] {
        var lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(Handshake.accept(for: request.key))",
        ]
        if let subprotocol { lines.append("Sec-WebSocket-Protocol: \(subprotocol)") }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    /// The answer to any other request.
    static let refusal = Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
}
