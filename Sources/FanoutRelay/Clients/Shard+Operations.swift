internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import WebSockets

/// Where an operation's topic is, and which one it was.
struct KnownOperation {
    let place: Int
    let request: UInt64
}

/// Why a client's operation joins no topic.
struct OperationRefusal: Error, CustomStringConvertible {
    let description: String
    /// The operation, if it is a query or mutation.
    var executable: Executable?

    struct Executable {
        /// What to send to the server: the client's extensions in canonical form, without what is for the relay.
        var request: GraphQLRequest
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

    /// Finds the topic with an equal operation; or, for an empty document, the one that the operation's name names.
    ///
    /// Extensions have no say in it.
    ///
    /// - Parameter peer: The address of the client, who may ask for a topic of its own.
    func find(_ request: GraphQLRequest, from peer: String) -> Result<Int, OperationRefusal> {
        remembered(request.with(readExtensions: nil), from: peer).mapError { refusal in
            var refusal = refusal
            refusal.executable?.request = request.with(readExtensions: request.extensions.flatMap(Self.forServer))
            return refusal
        }
    }

    /// What is left of a client's extensions, which the scanner has found to be an object, for the server.
    private static func forServer(_ extensions: [UInt8]) -> [UInt8]? {
        guard let own = try? CanonicalJSON.object(extensions, omitting: "relay"), own.count > 2 else { return nil }
        return own
    }

    private func remembered(_ request: GraphQLRequest, from peer: String) -> Result<Int, OperationRefusal> {
        // Its place may have another tenant by now.
        if let known = knownOperations[request], demand.number(of: known.place) == known.request {
            return .success(known.place)
        }
        let found = search(request, from: peer)
        if case .success(let place) = found, let number = demand.number(of: place),
            request.query.utf8.count + (request.variables?.count ?? 0) <= Self.knownTextLimit,
            demand.isShared || number == 0
        {
            if knownOperations.count >= Self.knownOperationsLimit { knownOperations = [:] }
            knownOperations[request] = KnownOperation(place: place, request: number)
        }
        return found
    }

    private func search(_ request: GraphQLRequest, from peer: String) -> Result<Int, OperationRefusal> {
        do {
            let query = Array(request.query.utf8)
            if let name = request.operationName, Document.isEmpty(query) { return try find(named: name, request) }
            let document = try Document(parsing: query)
            let operation = try document.operation(named: request.operationName)
            let key = try OperationKey(document: document, operation: operation, variables: request.variables)
            if let equal = demand.slot(of: key) { return .success(equal) }
            guard operation.kind == .subscription else {
                let reason = "this relay serves subscriptions only, not a \(operation.kind.rawValue)"
                let executable = OperationRefusal.Executable(
                    request: request,
                    kind: operation.kind,
                    isIncremental: IncrementalDelivery.isAskedFor(in: document, variables: request.variables)
                )
                return .failure(OperationRefusal(description: reason, executable: executable))
            }
            guard !demand.allowsAny else { return .success(requestTopic(request, key, from: ClientNetwork(of: peer))) }
            let outline = try OperationOutline(document: document, operation: operation, variables: request.variables)
            return .failure(OperationRefusal(description: nearest(to: outline, of: request)))
        } catch {
            return .failure(OperationRefusal(description: "\(error)"))
        }
    }

    /// Finds the operator's topic that a request without a document names: its variables are none, or the topic's.
    private func find(named name: String, _ request: GraphQLRequest) throws -> Result<Int, OperationRefusal> {
        guard let place = configuredTopic(named: name[...]) else {
            let name = String(name.unicodeScalars.prefix(64))
            return .failure(
                OperationRefusal(description: "the document is empty, and no topic of this relay is named \"\(name)\"")
            )
        }
        let variables = try OperationOutline.Variables(request.variables)
        let difference = variables.isEmpty ? nil : variables.firstDifference(from: offers[place].variables)
        guard let difference else { return .success(place) }
        return .failure(OperationRefusal(description: "the topic \"\(name)\" is asked for, but \(difference)"))
    }

    /// What a client is told whose subscription no topic has: which one it may have meant, and what is different.
    ///
    /// Every client may have each of the operator's topics, and nobody hears of another client's.
    private func nearest(to outline: OperationOutline, of request: GraphQLRequest) -> String {
        // Who names one means it.
        let named = request.operationName.flatMap { configuredTopic(named: $0[...]) }
        guard let place = named ?? outline.nearest(among: offers),
            let difference = OperationDifference(of: Array(request.query.utf8), outline, from: offers[place])
        else { return "no topic of this relay has this operation" }
        let name = topics[place].definition.name
        return "no topic of this relay has this operation; the nearest is \"\(name)\", but \(difference)"
    }
}
