/// The actor that owns WebSockets; it lives on their loop, which calls it without a change of thread.
package protocol WebSocketDelegate: LoopActor {
    /// Called for a complete message.
    ///
    /// `bytes` is valid during the call only. The UTF-8 of a server's text isn't checked yet.
    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket)

    /// Called for each piece of an accepted socket's messages, before `received`; by default it does nothing.
    ///
    /// - Parameters:
    ///   - count: How many bytes of a payload have arrived.
    ///   - isSmallFragment: Whether they end a frame of less than 128 bytes that isn't its message's last one.
    func arrived(_ count: Int, isSmallFragment: Bool, on socket: WebSocket)

    /// Called when the kernel has everything that was handed over, and room for more.
    func writable(_ socket: WebSocket)

    /// Called for a pong frame; of an accepted socket libwebsockets 4.1.6 doesn't report those without a payload.
    func ponged(_ socket: WebSocket)

    /// Called when an opened socket is gone; it is the last call for the socket.
    func closed(_ socket: WebSocket, _ closure: WebSocketClosure)
}

extension WebSocketDelegate {
    package func arrived(_ count: Int, isSmallFragment: Bool, on socket: WebSocket) {}
}

/// A delegate of accepted sockets.
package protocol WebSocketServerDelegate: WebSocketDelegate {
    /// Accepts or refuses a handshake.
    func decide(_ request: UpgradeRequest) -> UpgradeDecision

    /// Called when the handshake is complete, with what the decision over it had to say.
    func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    )

    /// Called for a plain HTTP request; answer through the exchange, now or later.
    func requested(_ exchange: HTTPExchange)

    /// Whether a POST to a path needs no body, so that it may tell no length either; by default none does.
    func takesNoBody(at path: String) -> Bool

    /// Called when the body of a request wasn't taken.
    func bodyRefused(_ reason: BodyRefusal)

    /// The answer to a request whose body is refused; by default one line of text.
    func refusal(of path: String, _ status: Int, _ reason: String) -> HTTPResponse
}

extension WebSocketServerDelegate {
    package func takesNoBody(at path: String) -> Bool { false }

    package func bodyRefused(_ reason: BodyRefusal) {}

    package func refusal(of path: String, _ status: Int, _ reason: String) -> HTTPResponse {
        .text(reason, status: status)
    }
}

/// A delegate of dialled sockets.
package protocol WebSocketClientDelegate: WebSocketDelegate {
    /// Called when the handshake is complete.
    ///
    /// `subprotocol` is the server's choice, nil if it named none.
    func dialled(_ socket: WebSocket, subprotocol: String?)

    /// Called when no address led to an open socket.
    func dialFailed(_ client: WebSocketClient, _ error: WebSocketError)

    /// Called when the peer has sent a close frame or broken the protocol, though the connection may last for a while.
    ///
    /// It is called at once, unless the owner closed the socket itself; `closed` follows in any case.
    func closing(_ socket: WebSocket, _ closure: WebSocketClosure)

    /// Called for each piece of a message larger than `limits.messageSize`, which isn't received.
    ///
    /// The pieces come in order from the first byte: those that had been gathered come as the first piece. `piece` is
    /// valid during the call only, and may be empty.
    func skipped(_ piece: Span<UInt8>, isFirst: Bool, isFinal: Bool, isText: Bool, on socket: WebSocket)

    /// Called as a sign of life when more of an unfinished message has arrived.
    ///
    /// It is called at most 16 times for each `limits.messageSize` bytes, and at most once for each 64 KiB.
    func advanced(_ socket: WebSocket)
}

extension WebSocketClientDelegate {
    package func skipped(_ piece: Span<UInt8>, isFirst: Bool, isFinal: Bool, isText: Bool, on socket: WebSocket) {}
}

/// How a WebSocket ended.
package struct WebSocketClosure: Sendable, Equatable, CustomStringConvertible {
    /// The reason that came with the code, or why we closed it.
    package var reason: String
    /// The close code that the peer sent; nil when the connection was lost without one.
    ///
    /// A client's 1002 may stand for 1012 to 1014, which libwebsockets 4.1.6 replaces before it reports them.
    package var code: UInt16?
    /// The close code that we sent, if we closed it.
    package var ownCode: UInt16?

    /// The peer's code if it is 1000 to 1015, otherwise 0; nil without one.
    ///
    /// A peer can choose among 2,000 codes of its own, which would make as many values of a metric.
    package var standardCode: UInt16? {
        code.map { (1000...1015).contains($0) ? $0 : 0 }
    }

    /// Makes a closure; one without codes is a lost connection.
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
