public import Backoffs
public import GraphQLTransport

/// Why a link ended, or didn't come about.
///
/// ``SessionConfiguration/closeCodes`` says which are fatal: a close of the server by its code, an HTTP answer of 401
/// or 403 instead of the upgrade like 4401 and 4403, a legacy server's `connection_error` like 4403. All others are
/// retried. See <doc:CloseCodes>.
public enum LinkFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// No connection: name, TCP, TLS, or an HTTP answer instead of the upgrade.
    ///
    /// `status` is that answer's, `retryAfter` the wait that its `Retry-After` asks for.
    case unreachable(reason: String, status: Int? = nil, retryAfter: Duration? = nil)
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

    /// The code by which the server's word is judged; nil where it said nothing, or we were the ones who closed.
    var refusal: CloseCode? {
        switch self {
        case .closed(let code, _): code
        case .unreachable(_, status: 401, _): .unauthorized
        case .unreachable(_, status: 403, _): .forbidden
        // Only a legacy server's answer to the init is dropped so.
        case .dropped(.forbidden, _): .forbidden
        case .unreachable, .credentials, .subprotocolRefused, .lost, .dropped: nil
        }
    }

    /// One line.
    public var description: String { text.onOneLine }

    private var text: String {
        switch self {
        case .unreachable(let reason, _, _): "unreachable: \(reason)"
        case .credentials(let reason): "no credentials: \(reason)"
        case .subprotocolRefused(nil): "the server speaks no subprotocol that was offered"
        case .subprotocolRefused(let chosen?): "the server chose the subprotocol \(chosen), which was not offered"
        case .closed(let code, let reason):
            "closed by the server with \(code.rawValue)" + (reason.isEmpty ? "" : ": \(reason)")
        case .lost(let reason): reason.isEmpty ? "the connection broke" : "the connection broke: \(reason)"
        case .dropped(let code, let reason): "dropped with \(code.rawValue): \(reason)"
        }
    }
}

extension LinkFailure: RetryHinting {
    /// The wait that the server asked for when it refused the upgrade.
    public var retryAfter: Duration? {
        guard case .unreachable(_, _, let retryAfter) = self else { return nil }
        return retryAfter
    }
}
