/// The message types of the legacy `graphql-ws` (L1).
enum LegacyMessageType: UInt8 {
    case connectionInit, start, stop, connectionTerminate
    case connectionAck, connectionError, data, error, complete, keepAlive

    /// A type that the protocol doesn't know, a missing one, or one that isn't a string.
    case unknown

    /// The type in a validated token.
    init(_ token: JSONToken, in bytes: Span<UInt8>) {
        guard token.kind == .string else {
            self = .unknown
            return
        }
        // `data` comes first because nearly every message is one.
        if JSONString.equals(token, "data", in: bytes) {
            self = .data
        } else if JSONString.equals(token, "start", in: bytes) {
            self = .start
        } else if JSONString.equals(token, "stop", in: bytes) {
            self = .stop
        } else if JSONString.equals(token, "complete", in: bytes) {
            self = .complete
        } else if JSONString.equals(token, "ka", in: bytes) {
            self = .keepAlive
        } else if JSONString.equals(token, "connection_init", in: bytes) {
            self = .connectionInit
        } else if JSONString.equals(token, "connection_ack", in: bytes) {
            self = .connectionAck
        } else if JSONString.equals(token, "connection_terminate", in: bytes) {
            self = .connectionTerminate
        } else if JSONString.equals(token, "connection_error", in: bytes) {
            self = .connectionError
        } else if JSONString.equals(token, "error", in: bytes) {
            self = .error
        } else {
            self = .unknown
        }
    }
}
