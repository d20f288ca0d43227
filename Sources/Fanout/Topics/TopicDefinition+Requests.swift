package import GraphQLTransport

/// The requests that are sent to the server for a topic.
extension TopicDefinition {
    /// Checks that the topic's requests could be sent: the document, the operation's name, the variables, the refetch
    /// query.
    ///
    /// - Throws: `TopicError`, whose description is one line.
    public func check() throws(TopicError) {
        _ = try key()
        _ = try request()
        _ = try refetchRequest()
    }

    /// The query that is run after each restart; nil when the topic has none.
    package func refetchRequest() throws(TopicError) -> GraphQLRequest? {
        guard let refetch else { return nil }
        do {
            let parsed = try Document(parsing: refetch)
            let operation = try parsed.operation(named: nil)
            guard operation.kind == .query else {
                throw TopicError(name: name, problem: "its refetch is a \(operation.kind.rawValue), not a query")
            }
            return try GraphQLRequest(query: refetch, variables: operation.variables.isEmpty ? nil : variables)
        } catch let error as TopicError {
            throw error
        } catch {
            throw TopicError(name: name, problem: "its refetch: \(error)")
        }
    }

    /// The request to run upstream.
    package func request() throws(TopicError) -> GraphQLRequest {
        do {
            return try GraphQLRequest(query: document, operationName: operationName, variables: variables)
        } catch {
            throw TopicError(name: name, problem: "\(error)")
        }
    }
}
