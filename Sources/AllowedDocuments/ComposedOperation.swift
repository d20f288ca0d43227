package import GraphQLTransport

/// An allowed document's operation with the variables of one client.
package struct ComposedOperation: Sendable {
    /// The document's name.
    package let name: String
    package let kind: GraphQLTransport.Operation.Kind
    /// What to send to the server.
    package let request: GraphQLRequest
    /// Equal for clients that have the same variables.
    package let key: OperationKey
    /// Whether its result may come in parts.
    package let isIncremental: Bool

    init(of allowed: AllowedDocument, _ variables: [UInt8]?) throws(DocumentRefusal) {
        name = allowed.name
        kind = allowed.kind
        request = GraphQLRequest(
            query: allowed.text,
            operationName: allowed.document.operations.count > 1 ? allowed.operation.name : nil,
            readVariables: variables,
            readExtensions: nil
        )
        do {
            key = try OperationKey(document: allowed.document, operation: allowed.operation, variables: variables)
        } catch {
            throw .malformed
        }
        isIncremental =
            kind != .subscription && IncrementalDelivery.isAskedFor(in: allowed.document, variables: variables)
    }
}
