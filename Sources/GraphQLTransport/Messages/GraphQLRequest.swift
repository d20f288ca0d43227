/// A GraphQL operation to run: a document, and what goes with it.
///
/// ```swift
/// let request = try GraphQLRequest(
///     query: "query ($code: ID!) { continent(code: $code) { name } }",
///     variables: #"{"code":"EU"}"#
/// )
/// ```
///
/// The server judges the document. A session only searches it for `mutation` before it executes the request, and a
/// document that can't be read counts as a mutation. A request may be used any number of times.
///
/// Two requests are equal when their parts are equal byte by byte. Texts that differ only in their Unicode
/// normalisation, and objects that differ only in the order of their members, are different to a server.
public struct GraphQLRequest: Sendable {
    /// The document.
    public let query: String

    /// The operation of the document to run; nil leaves the choice to the server.
    public let operationName: String?

    /// The variables, a JSON object in UTF-8; nil leaves the member out.
    public let variables: [UInt8]?

    /// The extensions, a JSON object in UTF-8; nil leaves the member out.
    public let extensions: [UInt8]?

    /// Makes a request, which isn't sent yet.
    ///
    /// - Parameters:
    ///   - query: The document.
    ///   - operationName: The operation to run; needed when the document has several.
    ///   - variables: A JSON object as text, as made by a `JSONEncoder`; nil sends none.
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
            // Validated once here, because they are spliced into messages unread.
            if let variables { _ = try JSONScanner.scanObject(variables.span) }
            if let extensions { _ = try JSONScanner.scanObject(extensions.span) }
        } catch {
            throw InvalidRequest(description: "variables and extensions must be JSON objects: \(error)")
        }
        self.init(query: query, operationName: operationName, readVariables: variables, readExtensions: extensions)
    }

    /// Makes a request from parts that have been validated as JSON objects.
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

    /// The same request with other extensions, which have been validated.
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
        // Compared as UTF-8, since `==` of `String` equates different spellings of a character.
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
