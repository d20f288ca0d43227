extension DemoUpstream {
    /// What the server does wrong on purpose; each is something that a client must survive.
    package enum Fault: Sendable, Equatable {
        /// Whether it shows only to who connects or subscribes anew.
        package var needsNewLink: Bool {
            switch self {
            case .refuseUpgrade, .refuseInit, .closeBeforeAck, .neverAcknowledge, .acknowledgeLate, .nextBeforeAck,
                .denyID:
                true
            case .none, .silent, .garbage, .invalidMessage, .unknownType, .unknownID, .binary, .endTwice, .hugePayload,
                .oversized:
                false
            }
        }

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

        /// Answers `connection_init` this much later.
        case acknowledgeLate(after: Duration)

        /// Sends a `next` in front of the acknowledgement.
        case nextBeforeAck

        /// Sends nothing any more and answers no `ping` of the protocol, until the link ends.
        ///
        /// Pongs and closes of WebSocket itself are sent by libwebsockets and can't be held back: only a frozen process
        /// is that silent.
        case silent

        /// Sends a frame with a reserved bit and a reserved opcode, and nothing after it.
        case garbage

        /// Sends a well-formed frame whose text is no message, and nothing after it.
        case invalidMessage

        /// Sends a message whose type the protocol doesn't have, and goes on.
        case unknownType

        /// Sends `next`, `error` and `complete` for an id that nobody uses, and goes on.
        case unknownID

        /// Sends a binary frame, and goes on.
        case binary

        /// Completes each operation, then sends `next`, `error` and `complete` for its id once more.
        case endTwice

        /// Answers each `subscribe` with the close code 4409, as though its id were in use.
        case denyID

        /// Sends each operation a `next` whose message has this many bytes, at least 64 and at most 64 MiB, and goes on.
        case hugePayload(bytes: Int)

        /// Sends a `ping` whose message has this many bytes, at least 64 and at most 64 MiB, and goes on.
        case oversized(bytes: Int)
    }
}
