public import FoundationEssentials
public import GraphQLTransport

extension GraphQLRequest {
    /// Makes a request whose variables are a value of yours; nothing of it is sent yet.
    ///
    /// ```swift
    /// struct Variables: Encodable { let code: String }
    /// let request = try GraphQLRequest(query: query, variables: Variables(code: "EU"))
    /// ```
    ///
    /// A `String` is taken for JSON, as without this module.
    ///
    /// - Parameters:
    ///   - query: The document.
    ///   - operationName: Which of its operations; needed when it has several.
    ///   - variables: Encodes as a JSON object: a structure or a dictionary.
    ///   - extensions: A JSON object as text; nil sends none.
    ///   - encoder: Encodes the variables; by default as a new one does.
    /// - Throws: `InvalidRequest` when the variables can't be encoded, or when they or the extensions are no JSON
    ///   object.
    public init(
        query: String,
        operationName: String? = nil,
        variables: some Encodable,
        extensions: String? = nil,
        encoder: JSONEncoder = JSONEncoder()
    ) throws(InvalidRequest) {
        let encoded: Data
        do {
            encoded = try encoder.encode(variables)
        } catch {
            throw InvalidRequest(description: "the variables can't be encoded: \(error)")
        }
        try self.init(
            query: query,
            operationName: operationName,
            readingVariables: Array(encoded),
            readingExtensions: extensions.map { Array($0.utf8) }
        )
    }

    /// Makes a request whose variables are JSON; nothing of it is sent yet.
    ///
    /// It is here so that text is never encoded as a value: the initializer of `GraphQLSession` takes an optional one,
    /// and for a text that is none a value would fit better.
    ///
    /// - Parameters:
    ///   - query: The document.
    ///   - operationName: Which of its operations; needed when it has several.
    ///   - variables: A JSON object as text.
    ///   - extensions: A JSON object as text; nil sends none.
    /// - Throws: `InvalidRequest` when variables or extensions aren't a JSON object.
    public init(
        query: String,
        operationName: String? = nil,
        variables: String,
        extensions: String? = nil
    ) throws(InvalidRequest) {
        try self.init(
            query: query,
            operationName: operationName,
            readingVariables: Array(variables.utf8),
            readingExtensions: extensions.map { Array($0.utf8) }
        )
    }
}
