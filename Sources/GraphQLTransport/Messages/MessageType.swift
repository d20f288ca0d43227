/// The message types of `graphql-transport-ws`.
package enum MessageType: UInt8, Sendable, CaseIterable {
    case connectionInit, connectionAck, ping, pong, subscribe, next, error, complete

    /// A type that the protocol doesn't know, a missing one, or one that isn't a string.
    case unknown

    /// The type in a validated token.
    init(_ token: JSONToken, in bytes: Span<UInt8>) {
        guard token.kind == .string else {
            self = .unknown
            return
        }
        // `next` comes first because nearly every message is one.
        if JSONString.equals(token, "next", in: bytes) {
            self = .next
        } else if JSONString.equals(token, "subscribe", in: bytes) {
            self = .subscribe
        } else if JSONString.equals(token, "complete", in: bytes) {
            self = .complete
        } else if JSONString.equals(token, "ping", in: bytes) {
            self = .ping
        } else if JSONString.equals(token, "pong", in: bytes) {
            self = .pong
        } else if JSONString.equals(token, "connection_init", in: bytes) {
            self = .connectionInit
        } else if JSONString.equals(token, "connection_ack", in: bytes) {
            self = .connectionAck
        } else if JSONString.equals(token, "error", in: bytes) {
            self = .error
        } else {
            self = .unknown
        }
    }
}
