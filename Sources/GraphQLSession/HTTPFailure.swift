public import Backoffs
public import GraphQLTransport

/// A request over HTTP got no answer, or one that is no GraphQL response.
///
/// Thrown by ``PermanentSession/execute(_:isIdempotent:timeout:headers:)`` when ``SessionConfiguration/httpEndpoint``
/// is set, and no further try is made: it isn't transient, or the tries are spent.
public struct HTTPFailure: Error, RetryHinting, Hashable, CustomStringConvertible {
    /// The status code; nil without an answer.
    public let status: Int?
    /// What went wrong, in one line.
    public let reason: String
    /// The GraphQL errors that the answer may hold, a JSON array as it was sent: for people.
    ///
    /// With a status that is no success they are the server's or those of anything before it.
    public let rawErrors: [UInt8]?
    /// Whether the same request may succeed later; true without an answer, and for 408, 425, 429, 500, 502, 503, 504.
    public let isTransient: Bool
    /// How long the server asks to be left alone (`Retry-After`), if it does.
    public let retryAfter: Duration?

    init(
        status: Int? = nil,
        reason: String,
        rawErrors: [UInt8]? = nil,
        isTransient: Bool,
        retryAfter: Duration? = nil
    ) {
        self.status = status
        self.reason = reason.onOneLine
        self.rawErrors = rawErrors
        self.isTransient = isTransient
        self.retryAfter = retryAfter
    }

    /// ``rawErrors``, read anew at each call: of more than 100 the first 100, and none without any.
    public var errors: [GraphQLError] { rawErrors.map { GraphQLError.read($0.span) } ?? [] }

    /// One line; errors cut to 500 bytes.
    public var description: String {
        guard let rawErrors else { return reason }
        return "\(reason): \(String(decoding: rawErrors.prefix(500), as: UTF8.self).onOneLine)"
    }
}
