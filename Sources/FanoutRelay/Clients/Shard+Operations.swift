internal import Fanout
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

    /// The request to send to the server; of a subscription without extensions, since others share what it brings.
    func request(extensions: [UInt8]? = nil) throws(InvalidRequest) -> Request {
        try Request(
            query: String(decoding: query, as: UTF8.self),
            operationName: operationName,
            variables: variables.map { String(decoding: $0, as: UTF8.self) },
            extensions: extensions.map { String(decoding: $0, as: UTF8.self) }
        )
    }

    /// Its bytes, about.
    var size: Int { query.count + (variables?.count ?? 0) }
}

/// Where an operation's topic is, and which one it was.
struct KnownOperation {
    let place: Int
    let request: UInt64
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
        /// The client's extensions in canonical form, without what is for the relay.
        var extensions: [UInt8]?

        /// The request to send to the server.
        func request() throws(InvalidRequest) -> Request { try text.request(extensions: extensions) }
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
    func find(
        _ request: SubscribeRequest,
        _ message: Span<UInt8>,
        from peer: String
    ) -> Result<Int, OperationRefusal> {
        let text = SubscribeText(
            query: Array(request.query.utf8),
            operationName: request.operationName,
            variables: request.variables.map { message.bytes(in: $0) }
        )
        return remembered(text, from: peer).mapError { refusal in
            var refusal = refusal
            if refusal.executable != nil, let extensions = request.extensions {
                refusal.executable?.extensions = Self.forServer(message.bytes(in: extensions))
            }
            return refusal
        }
    }

    /// Finds it for an operation that came over HTTP.
    func find(_ parameters: GraphQLParameters, from peer: String) -> Result<Int, OperationRefusal> {
        let text = SubscribeText(
            query: Array(parameters.query.utf8),
            operationName: parameters.operationName,
            variables: parameters.variables
        )
        return remembered(text, from: peer)
    }

    /// What is left of a client's extensions, which the scanner has found to be an object, for the server.
    private static func forServer(_ extensions: [UInt8]) -> [UInt8]? {
        guard let own = try? CanonicalJSON.object(extensions, omitting: "relay"), own.count > 2 else { return nil }
        return own
    }

    private func remembered(_ text: SubscribeText, from peer: String) -> Result<Int, OperationRefusal> {
        // Its place may have another tenant by now.
        if let known = knownOperations[text], demand.number(of: known.place) == known.request {
            return .success(known.place)
        }
        let found = find(text, from: peer)
        if case .success(let place) = found, let request = demand.number(of: place),
            text.size <= Self.knownTextLimit,
            demand.isShared || request == 0
        {
            if knownOperations.count >= Self.knownOperationsLimit { knownOperations = [:] }
            knownOperations[text] = KnownOperation(place: place, request: request)
        }
        return found
    }

    private func find(_ text: SubscribeText, from peer: String) -> Result<Int, OperationRefusal> {
        do {
            if let name = text.operationName, Document.isEmpty(text.query) { return try find(named: name, text) }
            let document = try Document(parsing: text.query)
            let operation = try document.operation(named: text.operationName)
            let key = try OperationKey(document: document, operation: operation, variables: text.variables)
            if let equal = demand.slot(of: key) { return .success(equal) }
            guard operation.kind == .subscription else {
                let reason = "this relay serves subscriptions only, not a \(operation.kind.rawValue)"
                let executable = OperationRefusal.Executable(
                    text: text,
                    kind: operation.kind,
                    isIncremental: IncrementalDelivery.isAskedFor(in: document, variables: text.variables)
                )
                return .failure(OperationRefusal(description: reason, executable: executable))
            }
            guard !demand.allowsAny else { return .success(try requestTopic(text, key, from: ClientNetwork(of: peer))) }
            let outline = try OperationOutline(document: document, operation: operation, variables: text.variables)
            return .failure(OperationRefusal(description: nearest(to: outline, of: text)))
        } catch {
            return .failure(OperationRefusal(description: "\(error)"))
        }
    }

    /// Finds the operator's topic that a request without a document names: its variables are none, or the topic's.
    private func find(named name: String, _ text: SubscribeText) throws -> Result<Int, OperationRefusal> {
        guard let place = configuredTopic(named: name[...]) else {
            let name = String(name.unicodeScalars.prefix(64))
            return .failure(
                OperationRefusal(description: "the document is empty, and no topic of this relay is named \"\(name)\"")
            )
        }
        let variables = try OperationOutline.Variables(text.variables)
        let difference = variables.isEmpty ? nil : variables.firstDifference(from: offers[place].variables)
        guard let difference else { return .success(place) }
        return .failure(OperationRefusal(description: "the topic \"\(name)\" is asked for, but \(difference)"))
    }

    /// What a client is told whose subscription no topic has: which one it may have meant, and what is different.
    ///
    /// Every client may have each of the operator's topics, and nobody hears of another client's.
    private func nearest(to outline: OperationOutline, of text: SubscribeText) -> String {
        // Who names one means it.
        let named = text.operationName.flatMap { configuredTopic(named: $0[...]) }
        guard let place = named ?? outline.nearest(among: offers),
            let difference = OperationDifference(of: text.query, outline, from: offers[place])
        else { return "no topic of this relay has this operation" }
        let name = topics[place].definition.name
        return "no topic of this relay has this operation; the nearest is \"\(name)\", but \(difference)"
    }
}
