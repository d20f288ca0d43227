internal import GraphQLTransport

/// A client's operation as it was sent.
///
/// Bytes, since to Swift's `==` two strings that differ in their Unicode normalisation are the same.
struct SubscribeText: Hashable {
    var query: [UInt8]
    var operationName: String?
    var variables: [UInt8]?
}

/// Why a client's operation joins no topic.
struct OperationRefusal: Error, CustomStringConvertible {
    let description: String
}

/// Which topic a client's operation joins.
extension Shard {
    /// How many different texts of operations are remembered.
    private static let knownOperationsLimit = 1000
    /// The longest text that is remembered, in bytes.
    private static let knownTextLimit = 4096

    /// Finds the topic with an equal operation, or the one that the operation's name names.
    func find(_ request: SubscribeRequest, _ message: Span<UInt8>) -> Result<Int, OperationRefusal> {
        let variables = request.variables.map { range in
            let part = message.extracting(range)
            return part.indices.map { part[$0] }
        }
        let text = SubscribeText(
            query: Array(request.query.utf8),
            operationName: request.operationName,
            variables: variables
        )
        if let known = knownOperations[text] { return .success(known) }
        let found = find(text)
        if case .success(let index) = found, text.query.count + (text.variables?.count ?? 0) <= Self.knownTextLimit {
            if knownOperations.count >= Self.knownOperationsLimit { knownOperations = [:] }
            knownOperations[text] = index
        }
        return found
    }

    private func find(_ text: SubscribeText) -> Result<Int, OperationRefusal> {
        let named = topics.firstIndex { $0.definition.name == text.operationName }
        do {
            let document = try Document(parsing: text.query)
            let operation = try document.operation(named: text.operationName)
            let key = try OperationKey(document: document, operation: operation, variables: text.variables)
            if let equal = topics.firstIndex(where: { $0.key == key }) { return .success(equal) }
            if let named, operation.kind == .subscription { return .success(named) }
            let names = topics.map(\.definition.name).joined(separator: ", ")
            let reason =
                operation.kind == .subscription
                ? "no topic of this relay has this operation, or its name; topics are: \(names)"
                : "this relay serves subscriptions only, not a \(operation.kind.rawValue)"
            return .failure(OperationRefusal(description: reason))
        } catch {
            return named.map { .success($0) } ?? .failure(OperationRefusal(description: "\(error)"))
        }
    }
}
