public import Backoffs

/// A request over HTTP got no answer, or one that is no GraphQL response.
///
/// Thrown by ``PermanentSession/execute(_:isIdempotent:)`` when ``SessionConfiguration/httpEndpoint`` is set, and no
/// further try is made: it isn't transient, or the tries are spent.
public struct HTTPFailure: Error, RetryHinting, Hashable, CustomStringConvertible {
    /// The status code; nil without an answer.
    public let status: Int?
    /// What went wrong, in one line.
    public let reason: String
    /// The GraphQL errors that the answer may hold, a JSON array as it was sent: for people.
    ///
    /// With a status that is no success they are the server's or those of anything before it.
    public let errors: [UInt8]?
    /// Whether the same request may succeed later; true without an answer, and for 408, 425, 429, 500, 502, 503, 504.
    public let isTransient: Bool
    /// How long the server asks to be left alone (`Retry-After`), if it does.
    public let retryAfter: Duration?

    init(
        status: Int? = nil,
        reason: String,
        errors: [UInt8]? = nil,
        isTransient: Bool,
        retryAfter: Duration? = nil
    ) {
        self.status = status
        self.reason = reason.onOneLine
        self.errors = errors
        self.isTransient = isTransient
        self.retryAfter = retryAfter
    }

    /// One line; errors cut to 500 bytes.
    public var description: String {
        guard let errors else { return reason }
        return "\(reason): \(String(decoding: errors.prefix(500), as: UTF8.self).onOneLine)"
    }
}
