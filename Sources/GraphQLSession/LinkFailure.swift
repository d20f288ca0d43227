public import GraphQLTransport

/// Why a link ended, or didn't come about.
///
/// Only ``closed(code:reason:)`` can be fatal, as ``SessionConfiguration/closeCodes`` says; all others are retried.
public enum LinkFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// No connection: name, TCP, TLS, or an HTTP answer instead of the upgrade.
    case unreachable(reason: String)
    /// Headers or the init payload couldn't be had.
    case credentials(reason: String)
    /// The server upgraded without a subprotocol, or with one that wasn't offered.
    case subprotocolRefused(chosen: String?)
    /// The server closed the link with a code.
    case closed(code: CloseCode, reason: String)
    /// The connection broke without a close frame.
    case lost(reason: String)
    /// We closed it: the server broke the protocol, or missed a deadline.
    case dropped(code: CloseCode, reason: String)

    /// The close code, from either side.
    public var code: CloseCode? {
        switch self {
        case .closed(let code, _), .dropped(let code, _): code
        case .unreachable, .credentials, .subprotocolRefused, .lost: nil
        }
    }

    /// One line.
    public var description: String { text.onOneLine }

    private var text: String {
        switch self {
        case .unreachable(let reason): "unreachable: \(reason)"
        case .credentials(let reason): "no credentials: \(reason)"
        case .subprotocolRefused(nil): "the server speaks no subprotocol that was offered"
        case .subprotocolRefused(let chosen?): "the server chose the subprotocol \(chosen), which was not offered"
        case .closed(let code, let reason):
            // libwebsockets 4.1.6 reports 1012 to 1014 as 1002.
            "closed by the server with \(code == .protocolError ? "1002 (or 1012 to 1014)" : "\(code.rawValue)")"
                + (reason.isEmpty ? "" : ": \(reason)")
        case .lost(let reason): reason.isEmpty ? "the connection broke" : "the connection broke: \(reason)"
        case .dropped(let code, let reason): "dropped with \(code.rawValue): \(reason)"
        }
    }
}
