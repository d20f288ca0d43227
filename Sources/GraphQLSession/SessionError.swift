/// Why a call on a session failed, or a subscription ended early.
///
/// Not among them is what is thrown as itself: a ``QueryError`` for errors of the server, a `CancellationError` with
/// the task, and an ``HTTPFailure``.
///
/// ``closed`` and ``ended(_:)`` are final: every later call on the session fails alike. After any other error the
/// session goes on.
public enum SessionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The link that carried it was lost; the session connects anew.
    ///
    /// Ends a subscription at once, a query only when its tries are spent.
    case linkLost(LinkFailure)
    /// The session gave up to connect, by its back-off, or by a fatal close code where those are to end it.
    case ended(LinkFailure)
    /// No link came up within ``SessionConfiguration/waitLimit``, or within the call's own timeout.
    case waitedTooLong
    /// A mutation was sent and not answered: the server may have executed it.
    ///
    /// Only for mutations that weren't marked idempotent; the others are tried again. The text says what happened.
    case outcomeUnknown(reason: String)
    /// The server didn't answer a query or mutation within ``SessionConfiguration/executeTimeout``, nor in further
    /// tries, or the call's own timeout was over.
    case timedOut
    /// The server ended a query or mutation without a valid result.
    case noResult
    /// The server sent a message for it that is larger than ``SessionConfiguration/maximumMessageSize``, in bytes.
    ///
    /// It ends that operation only, and the server is told; the link stays. To ask again would most likely be answered
    /// alike, so that a query isn't tried again; a mutation's outcome is unknown instead.
    case tooLarge(limit: Int)
    /// The server sent something for it that is no result, such as a payload that is no object; the text says what.
    ///
    /// It ends that operation only, as ``tooLarge(limit:)`` does.
    case invalidResult(reason: String)
    /// The server sends the result of a query or mutation in parts, as for `@defer` and `@stream`.
    ///
    /// ``PermanentSession/subscribe(_:)`` reads them all, each as a payload. A mutation has been executed.
    case inParts
    /// What was called needs a WebSocket, and the session has HTTP only.
    case noWebSocket
    /// The call has headers of its own, and queries go over the link, which has none for one of them.
    case headersNeedHTTP
    /// The session was closed by its owner.
    case closed

    /// One line.
    public var description: String {
        switch self {
        case .linkLost(let failure): "the link was lost: \(failure)"
        case .ended(let failure): "the session ended: \(failure)"
        case .waitedTooLong: "no link came up in time"
        case .outcomeUnknown(let reason): "nobody knows whether the mutation was executed: \(reason.onOneLine)"
        case .timedOut: "no answer came in time"
        case .noResult: "the server ended the operation without a valid result"
        case .tooLarge(let limit):
            "a message of the server for it is larger than the limit of \(limit) bytes (maximumMessageSize, "
                + "--max-message)"
        case .invalidResult(let reason): "what the server sent for it is no result: \(reason.onOneLine)"
        case .inParts: "the server sends the result in parts (@defer, @stream), which only a subscription reads"
        case .noWebSocket: "the session has no WebSocket"
        case .headersNeedHTTP: "headers of one call need an httpEndpoint: a link has its own from its upgrade"
        case .closed: "the session is closed"
        }
    }
}
