package import GraphQLTransport

/// A GraphQL operation to run: a document, and what goes with it.
///
/// ```swift
/// let request = try Request(
///     query: "query ($code: ID!) { continent(code: $code) { name } }",
///     variables: #"{"code":"EU"}"#
/// )
/// ```
///
/// The server judges the document, here it is only searched for `mutation`: a document that can't be read counts as
/// one. A request may be used any number of times, by ``Session/execute(_:isIdempotent:)`` and
/// ``Session/subscribe(_:)``.
public struct Request: Sendable, Hashable {
    package let message: SubscribeMessage

    /// Makes a request; nothing of it is sent yet.
    ///
    /// - Parameters:
    ///   - query: The document.
    ///   - operationName: Which of its operations; needed when it has several.
    ///   - variables: A JSON object as text, such as a `JSONEncoder` makes; nil sends none.
    ///   - extensions: A JSON object as text; nil sends none.
    /// - Throws: ``InvalidRequest`` when variables or extensions aren't a JSON object.
    public init(
        query: String,
        operationName: String? = nil,
        variables: String? = nil,
        extensions: String? = nil
    ) throws(InvalidRequest) {
        do {
            message = try SubscribeMessage(
                query: query,
                operationName: operationName,
                variables: variables.map { Array($0.utf8) },
                extensions: extensions.map { Array($0.utf8) }
            )
        } catch {
            throw InvalidRequest(description: "variables and extensions must be JSON objects: \(error)")
        }
    }
}

/// A request that can't be sent.
public struct InvalidRequest: Error, Hashable, CustomStringConvertible {
    /// What is wrong, in one line.
    public let description: String
}
