extension DemoUpstream {
    /// What the server does wrong on purpose; each is something that a client must survive.
    package enum Fault: Sendable, Equatable {
        /// Nothing.
        case none

        /// Answers every handshake with this HTTP status.
        case refuseUpgrade(status: Int)

        /// Answers `connection_init` with the close code 4403.
        case refuseInit

        /// Answers `connection_init` with this close code.
        case closeBeforeAck(code: UInt16)

        /// Never answers `connection_init`.
        case neverAcknowledge

        /// Sends nothing any more and answers no `ping` of the protocol, until the link ends.
        ///
        /// Pongs and closes of WebSocket itself are sent by libwebsockets and can't be held back: only a frozen process
        /// is that silent.
        case silent

        /// Sends a frame with a reserved bit and a reserved opcode, and nothing after it.
        case garbage

        /// Sends a well-formed frame whose text is no message, and nothing after it.
        case invalidMessage

        /// Sends a `ping` whose message has this many bytes, at least 64 and at most 64 MiB, and goes on.
        case oversized(bytes: Int)
    }
}
