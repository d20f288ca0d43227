internal import Fanout

/// A query that the operator offers at `GET /queries/NAME`; the URL's parameters are its variables.
public struct NamedQuery: Sendable {
    /// Letters, digits, `_`, `-` and `.`; at most 64 of them.
    public let name: String
    let query: PreparedQuery

    /// Checks the name and the document, which must be one query.
    ///
    /// - Throws: `ConfigurationError`, whose description is one line with the query's name and what is wrong.
    public init(name: String, document: String) throws(ConfigurationError) {
        guard TopicDefinition.isName(name) else {
            throw ConfigurationError(
                description: "query '\(name)': a query's name has 1 to 64 letters, digits, '_', '-' or '.'"
            )
        }
        do {
            query = try PreparedQuery(document: document)
        } catch {
            throw ConfigurationError(description: "query '\(name)': \(error.description)")
        }
        guard !query.isMutation else {
            throw ConfigurationError(description: "query '\(name)': its document is a mutation, not a query")
        }
        self.name = name
    }
}
