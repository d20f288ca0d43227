/// The server executed an operation, or refused to, and its result has errors.
///
/// It is the answer, so it is never retried. Thrown by ``Session/execute(_:isIdempotent:)``; in a subscription such a
/// result is a payload like any other.
public struct QueryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The GraphQL errors: a JSON array of objects with `message`, as UTF-8, as the server sent it.
    public let errors: [UInt8]
    /// The member `data` that came with them, JSON as UTF-8, which may be partial; nil if there was none.
    public let data: [UInt8]?

    /// The errors on one line, cut to 500 bytes.
    public var description: String {
        "the server answers with errors: \(String(decoding: errors.prefix(500), as: UTF8.self).onOneLine)"
    }
}
