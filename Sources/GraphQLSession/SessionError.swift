/// Why a call on a session failed, or a subscription ended early.
public enum SessionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The link that carried it was lost; the session connects anew.
    case linkLost(LinkFailure)
    /// The server answered the operation with `error`: its JSON array of GraphQL errors, as it was sent.
    case graphQL(errors: [UInt8])
    /// The session gave up to connect, by its back-off or by a fatal close code.
    case ended(LinkFailure)
    /// No link came up within the session's wait limit.
    case waitedTooLong
    /// The session was closed by its owner.
    case closed
    /// The calling task was cancelled.
    case cancelled

    /// One line.
    public var description: String {
        switch self {
        case .linkLost(let failure): "the link was lost: \(failure)"
        case .graphQL(let errors):
            "the server answers with errors: \(String(decoding: errors.prefix(500), as: UTF8.self).onOneLine)"
        case .ended(let failure): "the session ended: \(failure)"
        case .waitedTooLong: "no link came up in time"
        case .closed: "the session is closed"
        case .cancelled: "the task was cancelled"
        }
    }
}
