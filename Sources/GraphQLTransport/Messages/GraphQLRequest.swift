/// A GraphQL operation to run: a document, and what goes with it.
///
/// ```swift
/// let request = try GraphQLRequest(
///     query: "query ($code: ID!) { continent(code: $code) { name } }",
///     variables: #"{"code":"EU"}"#
/// )
/// ```
///
/// The server judges the document; here it is only searched for `mutation` before a session executes it, and a document
/// that can't be read counts as one. A request may be used any number of times.
///
/// Two requests are equal when their parts are byte by byte: to a server, texts that differ in their Unicode
/// normalisation are different ones, and so are objects whose members stand in another order.
public struct GraphQLRequest: Sendable {
    /// The document.
    public let query: String

    /// Which of the document's operations to run; nil leaves it to the server.
    public let operationName: String?

    /// The variables, a JSON object in UTF-8; nil leaves the member out.
    public let variables: [UInt8]?

    /// The extensions, a JSON object in UTF-8; nil leaves the member out.
    public let extensions: [UInt8]?

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
        try self.init(
            query: query,
            operationName: operationName,
            readingVariables: variables.map { Array($0.utf8) },
            readingExtensions: extensions.map { Array($0.utf8) }
        )
    }

    /// The same with JSON that is bytes.
    package init(
        query: String,
        operationName: String?,
        readingVariables variables: [UInt8]?,
        readingExtensions extensions: [UInt8]?
    ) throws(InvalidRequest) {
        do throws(ScanError) {
            // Once, because they are spliced unseen from then on.
            if let variables { _ = try JSONScanner.scanObject(variables.span) }
            if let extensions { _ = try JSONScanner.scanObject(extensions.span) }
        } catch {
            throw InvalidRequest(description: "variables and extensions must be JSON objects: \(error)")
        }
        self.init(query: query, operationName: operationName, readVariables: variables, readExtensions: extensions)
    }

    /// A request out of parts whose reader has found them to be JSON objects.
    package init(
        query: String,
        operationName: String?,
        readVariables variables: [UInt8]?,
        readExtensions extensions: [UInt8]?
    ) {
        self.query = query
        self.operationName = operationName
        self.variables = variables
        self.extensions = extensions
    }

    /// The same request with other extensions, which were read before.
    package func with(readExtensions extensions: [UInt8]?) -> GraphQLRequest {
        GraphQLRequest(
            query: query,
            operationName: operationName,
            readVariables: variables,
            readExtensions: extensions
        )
    }
}

extension GraphQLRequest: Hashable {
    /// Whether all parts are the same, byte by byte.
    public static func == (first: GraphQLRequest, second: GraphQLRequest) -> Bool {
        // For texts, `==` takes "é" in one scalar and in two for the same.
        first.query.utf8.elementsEqual(second.query.utf8) && first.variables == second.variables
            && first.extensions == second.extensions
            && (first.operationName == nil) == (second.operationName == nil)
            && (first.operationName ?? "").utf8.elementsEqual((second.operationName ?? "").utf8)
    }

    /// Hashes all parts.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(query)
        hasher.combine(operationName)
        hasher.combine(variables)
        hasher.combine(extensions)
    }
}
