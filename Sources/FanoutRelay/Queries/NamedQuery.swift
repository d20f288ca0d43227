internal import Fanout

/// A query that the operator offers at `GET /queries/NAME`, its variables as the URL's parameters.
public struct NamedQuery: Sendable {
    /// Letters, digits, `_`, `-` and `.`; at most 64 of them.
    public let name: String
    let query: PreparedQuery

    /// Checks the name and the document, which must be one query.
    ///
    /// - Throws: `ConfigurationError` with one line that names the query and what is wrong.
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
