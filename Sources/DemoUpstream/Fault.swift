extension DemoUpstream {
    /// What the server does wrong on purpose; a client must survive each fault.
    package enum Fault: Sendable, Equatable {
        /// Whether the fault affects only new links or subscriptions.
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

        /// No fault.
        case none

        /// Answers every handshake with this HTTP status.
        case refuseUpgrade(status: Int)

        /// Answers `connection_init` with the close code 4403.
        case refuseInit

        /// Answers `connection_init` with this close code.
        case closeBeforeAck(code: UInt16)

        /// Never answers `connection_init`.
        case neverAcknowledge

        /// Answers `connection_init` after this time.
        case acknowledgeLate(after: Duration)

        /// Sends a `next` before the acknowledgement.
        case nextBeforeAck

        /// Sends nothing and answers no `ping` message, until the link ends.
        ///
        /// libwebsockets still sends WebSocket's own pongs and close frames, which can't be suppressed: only a frozen
        /// process is completely silent.
        case silent

        /// Sends a frame with a reserved bit and a reserved opcode, and nothing after it.
        case garbage

        /// Sends a valid frame whose text isn't a message, and nothing after it.
        case invalidMessage

        /// Sends a message of an unknown type, and goes on.
        case unknownType

        /// Sends `next`, `error` and `complete` for an id that isn't in use, and goes on.
        case unknownID

        /// Sends a binary frame, and goes on.
        case binary

        /// Completes each operation, and then sends `next`, `error` and `complete` for its id again.
        case endTwice

        /// Answers each `subscribe` with the close code 4409, as if its id were in use.
        case denyID

        /// Sends each operation a `next` message of this many bytes (at least 64, at most 64 MiB), and goes on.
        case hugePayload(bytes: Int)

        /// Sends a `ping` message of this many bytes (at least 64, at most 64 MiB), and goes on.
        case oversized(bytes: Int)
    }
}
