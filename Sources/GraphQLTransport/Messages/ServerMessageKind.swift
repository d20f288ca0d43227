/// The meaning of a server's message for a client, in either subprotocol.
enum ServerMessageKind {
    /// `connection_ack`.
    case acknowledgement
    /// `next`, or the legacy `data`.
    case result
    case error
    case complete
    case ping
    case pong
    /// The legacy `ka`.
    case keepAlive
    /// The legacy `connection_error`.
    case connectionError
    /// A type that no server sends.
    case foreign

    init(_ type: MessageType) {
        switch type {
        case .next: self = .result
        case .complete: self = .complete
        case .error: self = .error
        case .ping: self = .ping
        case .pong: self = .pong
        case .connectionAck: self = .acknowledgement
        case .connectionInit, .subscribe, .unknown: self = .foreign
        }
    }

    init(_ type: LegacyMessageType) {
        switch type {
        case .data: self = .result
        case .complete: self = .complete
        case .error: self = .error
        case .keepAlive: self = .keepAlive
        case .connectionAck: self = .acknowledgement
        case .connectionError: self = .connectionError
        case .connectionInit, .start, .stop, .connectionTerminate, .unknown: self = .foreign
        }
    }
}
