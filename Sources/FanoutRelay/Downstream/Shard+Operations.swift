internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// A client's operation as it was sent.
///
/// Bytes, since to Swift's `==` two strings that differ in their Unicode normalisation are the same.
struct SubscribeText: Hashable {
    var query: [UInt8]
    var operationName: String?
    var variables: [UInt8]?
    /// The canonical extensions without what is for the relay; read only where they may go to the server.
    var extensions: [UInt8]?

    /// The request to send to the server.
    func request() throws(InvalidRequest) -> Request {
        try Request(
            query: String(decoding: query, as: UTF8.self),
            operationName: operationName,
            variables: variables.map { String(decoding: $0, as: UTF8.self) },
            extensions: extensions.map { String(decoding: $0, as: UTF8.self) }
        )
    }

    /// Its bytes, about.
    var size: Int { query.count + (variables?.count ?? 0) + (extensions?.count ?? 0) }
}

/// Where an operation's topic is, and which one it was.
struct KnownOperation {
    let place: Int
    let order: UInt64
}

extension Span<UInt8> {
    fileprivate func bytes(in range: Range<Int>) -> [UInt8] {
        let part = extracting(range)
        return part.indices.map { part[$0] }
    }
}

/// Why a client's operation joins no topic.
struct OperationRefusal: Error, CustomStringConvertible {
    let description: String
    /// The operation, if it is a query or mutation.
    var executable: Executable?

    struct Executable {
        let text: SubscribeText
        let kind: Operation.Kind
        let isIncremental: Bool
    }
}

/// Which topic a client's operation joins.
extension Shard {
    /// How many different texts of operations are remembered.
    private static let knownOperationsLimit = 1000
    /// The longest text that is remembered, in bytes.
    private static let knownTextLimit = 4096

    /// Finds the topic with an equal operation, or the one that the operation's name names.
    ///
    /// - Parameter peer: The address of the client, who may order a topic.
    func find(
        _ request: SubscribeRequest,
        _ message: Span<UInt8>,
        from peer: String
    ) -> Result<Int, OperationRefusal> {
        let text = SubscribeText(
            query: Array(request.query.utf8),
            operationName: request.operationName,
            variables: request.variables.map { message.bytes(in: $0) },
            extensions: forServer(request.extensions.map { message.bytes(in: $0) })
        )
        return remembered(text, from: peer)
    }

    /// Finds it for an operation that came over HTTP.
    func find(_ parameters: GraphQLParameters, from peer: String) -> Result<Int, OperationRefusal> {
        let text = SubscribeText(
            query: Array(parameters.query.utf8),
            operationName: parameters.operationName,
            variables: parameters.variables,
            extensions: forServer(parameters.extensions)
        )
        return remembered(text, from: peer)
    }

    /// What is left of a client's extensions, which the scanner has found to be an object, for the server.
    private func forServer(_ extensions: [UInt8]?) -> [UInt8]? {
        guard demand.allowsAny || routes.allowsExecution,
            let own = try? CanonicalJSON.object(extensions, omitting: "relay"), own.count > 2
        else { return nil }
        return own
    }

    private func remembered(_ text: SubscribeText, from peer: String) -> Result<Int, OperationRefusal> {
        // Its place may have another tenant by now.
        if let known = knownOperations[text], topics[known.place].origin.number == known.order {
            return .success(known.place)
        }
        let found = find(text, from: peer)
        if case .success(let place) = found, let order = topics[place].origin.number, text.size <= Self.knownTextLimit,
            demand.isShared || order == 0
        {
            if knownOperations.count >= Self.knownOperationsLimit { knownOperations = [:] }
            knownOperations[text] = KnownOperation(place: place, order: order)
        }
        return found
    }

    private func find(_ text: SubscribeText, from peer: String) -> Result<Int, OperationRefusal> {
        let named = text.operationName.flatMap { configuredTopic(named: $0[...]) }
        do {
            let document = try Document(parsing: text.query)
            let operation = try document.operation(named: text.operationName)
            let key = try OperationKey(
                document: document,
                operation: operation,
                variables: text.variables,
                extensions: text.extensions
            )
            if let equal = demand.places[key] { return .success(equal) }
            if let named, operation.kind == .subscription { return .success(named) }
            if demand.allowsAny, operation.kind == .subscription {
                return .success(try order(text, key, from: ClientNetwork(of: peer)))
            }
            let names = topics.prefix(demand.configured).map(\.definition.name).joined(separator: ", ")
            guard operation.kind == .subscription else {
                let reason = "this relay serves subscriptions only, not a \(operation.kind.rawValue)"
                let executable = OperationRefusal.Executable(
                    text: text,
                    kind: operation.kind,
                    isIncremental: IncrementalDelivery.isAskedFor(in: document, variables: text.variables)
                )
                return .failure(OperationRefusal(description: reason, executable: executable))
            }
            let reason = "no topic of this relay has this operation, or its name; topics are: \(names)"
            return .failure(OperationRefusal(description: reason))
        } catch {
            return named.map { .success($0) } ?? .failure(OperationRefusal(description: "\(error)"))
        }
    }
}
