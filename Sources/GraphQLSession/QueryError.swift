internal import GraphQLTransport

/// The server executed an operation, or refused to, and its answer has errors.
///
/// ``PermanentSession/execute(_:isIdempotent:timeout:headers:)`` throws it for a result with errors and for a refusal,
/// a subscription for a refusal only: there a result with errors is a payload like any other. `execute` never retries
/// it. To have a subscription restarted after some refusals and not after others, look at them:
///
/// ```swift
/// let careful = patient.givingUp { error in
///     (error as? QueryError)?.errors.contains { $0.code == "FORBIDDEN" } ?? false
/// }
/// ```
public struct QueryError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The whole response, a JSON object as UTF-8, as the server sent it: each member in its place.
    ///
    /// For an operation that was refused by an `error` message, which is no response, it is one with those errors.
    public let bytes: [UInt8]
    /// True when the server refused the operation by a message of its own, and sent no response.
    package let wasRefused: Bool
    private let errorsPlace: Range<Int>
    private let dataPlace: Range<Int>?
    private let extensionsPlace: Range<Int>?

    /// The GraphQL errors, at least one, read anew at each call; of more than 100 the first 100.
    public var errors: [GraphQLError] { GraphQLError.read(rawErrors.span) }

    /// All GraphQL errors: a JSON array of objects with `message`, as UTF-8, as the server sent it.
    ///
    /// Errors of another shape, which some servers send over a link, are made into such an array.
    public var rawErrors: [UInt8] { GraphQLErrors.array(bytes.span, in: errorsPlace) }

    /// The member `data` that came with them, JSON as UTF-8, which may be partial; nil if there was none.
    public var data: [UInt8]? { dataPlace.map { Array(bytes[$0]) } }

    /// The member `extensions` of the response, JSON as UTF-8; nil if there was none.
    public var extensions: ArraySlice<UInt8>? { extensionsPlace.map { bytes[$0] } }

    /// A response that was found in `bytes`, if it has errors.
    init?(_ response: GraphQLResponse, in bytes: [UInt8]) {
        guard let errors = response.errors else { return nil }
        self.bytes = bytes
        errorsPlace = errors
        dataPlace = response.data
        extensionsPlace = response.extensions
        wasRefused = false
    }

    /// The errors of an operation that wasn't executed: a JSON array.
    init(errors: [UInt8]) {
        let head = Array(#"{"errors":"#.utf8)
        bytes = head + errors + [UInt8(ascii: "}")]
        errorsPlace = head.count..<bytes.count - 1
        dataPlace = nil
        extensionsPlace = nil
        wasRefused = true
    }

    /// The errors on one line, cut to 500 bytes.
    public var description: String {
        "the server answers with errors: \(String(decoding: rawErrors.prefix(500), as: UTF8.self).onOneLine)"
    }
}
