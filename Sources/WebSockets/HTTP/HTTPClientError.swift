/// Why there is no response.
package struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, as far as it matters for another attempt.
    package enum Kind: Sendable {
        /// The request is invalid, so that no attempt can succeed.
        case invalidRequest
        /// It took longer than it may.
        case timedOut
        /// It was cancelled, or its client closed.
        case cancelled
        /// The response's body exceeds what the request allows.
        case tooLarge
        /// Anything else.
        case failed
    }

    /// What went wrong.
    package let kind: Kind
    /// One line, mostly in libcurl's words.
    package let reason: String
    /// True when a part of the request left this machine, so that the server may have acted on it.
    package let wasSent: Bool

    package var description: String { reason }
}
