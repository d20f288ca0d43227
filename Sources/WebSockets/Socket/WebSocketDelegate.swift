/// The actor that owns WebSockets; it lives on the sockets' own loop, which calls it without a hop.
package protocol WebSocketDelegate: Actor {
    /// A whole message arrived. `bytes` is valid during the call only; a text's UTF-8 is not checked yet.
    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket)

    /// Everything handed over was taken by the kernel: there is room for more.
    func writable(_ socket: WebSocket)

    /// A pong frame arrived.
    func ponged(_ socket: WebSocket)

    /// An opened socket is gone; it is the last call for it.
    func closed(_ socket: WebSocket, _ closure: WebSocketClosure)
}

/// A delegate whose sockets were accepted.
package protocol WebSocketServerDelegate: WebSocketDelegate {
    /// A handshake asks to be let in.
    func decide(_ request: UpgradeRequest) -> UpgradeDecision

    /// The handshake is complete.
    func opened(_ socket: WebSocket, by request: UpgradeRequest, subprotocol: String?)

    /// A plain HTTP request arrived; answer through the exchange, now or later.
    func requested(_ exchange: HTTPExchange)

    /// What a client is told whose request's body isn't taken; a line of text by default.
    func refusal(of path: String, _ status: Int, _ reason: String) -> HTTPResponse
}

extension WebSocketServerDelegate {
    package func refusal(of path: String, _ status: Int, _ reason: String) -> HTTPResponse {
        .text(reason, status: status)
    }
}

/// A delegate whose sockets were dialled.
package protocol WebSocketClientDelegate: WebSocketDelegate {
    /// The handshake is complete. `subprotocol` is the server's choice, nil if it named none.
    func dialled(_ socket: WebSocket, subprotocol: String?)

    /// No address led to an open socket.
    func dialFailed(_ client: WebSocketClient, _ error: WebSocketError)

    /// It is over, though the connection may stay for a while: the peer's close frame arrived, or the peer broke the rules.
    ///
    /// Its owner learns it at once, when it didn't close the socket itself; `closed` still follows.
    func closing(_ socket: WebSocket, _ closure: WebSocketClosure)

    /// A piece of a message larger than `limits.messageSize`; such a message isn't received.
    ///
    /// From its first byte on, in order: what had been gathered comes as the first piece. `piece` is valid during the
    /// call only, and may be empty.
    func skipped(_ piece: Span<UInt8>, isFirst: Bool, isFinal: Bool, isText: Bool, on socket: WebSocket)

    /// An unfinished message came further: a sign of life, given at most 16 times for each `limits.messageSize` bytes,
    /// and at most once for each 64 KiB.
    func advanced(_ socket: WebSocket)
}

extension WebSocketClientDelegate {
    package func skipped(_ piece: Span<UInt8>, isFirst: Bool, isFinal: Bool, isText: Bool, on socket: WebSocket) {}
}

/// How a WebSocket ended.
package struct WebSocketClosure: Sendable, Equatable, CustomStringConvertible {
    /// The reason that came with the code, or why we ended it.
    package var reason: String
    /// The close code that the peer sent; nil when the connection was just lost.
    ///
    /// A client's 1002 may stand for 1012 to 1014: libwebsockets 4.1.6 rewrites those before it tells us.
    package var code: UInt16?
    /// The code that we closed it with, if we did.
    package var ownCode: UInt16?

    /// The peer's code, if it is one of RFC 6455's registry: others are the peer's to choose, 2,000 of them; 0 for those.
    package var standardCode: UInt16? {
        code.map { (1000...1015).contains($0) ? $0 : 0 }
    }

    /// Makes a closure; without codes it is a lost connection.
    package init(code: UInt16? = nil, reason: String = "", ownCode: UInt16? = nil) {
        self.code = code
        self.reason = reason
        self.ownCode = ownCode
    }

    package var description: String {
        switch code ?? ownCode {
        case nil: reason.isEmpty ? "connection lost" : reason
        case let code?: "close code \(code)" + suffix
        }
    }

    private var suffix: String { reason.isEmpty ? "" : ": \(reason)" }
}
