package import GraphQLTransport

/// Which topic a client's operation joins.
///
/// A value: who is asked for a topic that isn't there yet is the owner's to say. Operations are remembered by how they
/// were written, so that equal texts are parsed once.
package struct OperationIndex {
    /// What became of the search.
    package enum Finding {
        /// The topic in this slot.
        case topic(Slot)
        /// Nobody has it, and clients' own operations become topics.
        case wanted(OperationKey)
        case refused(OperationRefusal)
    }

    /// Where an operation's topic is, and which tenant of the slot it was.
    private struct Known {
        let slot: Slot
        let number: UInt64
    }

    /// How many different texts of operations are remembered.
    private static let limit = 1000
    /// The longest text that is remembered, in bytes.
    private static let longest = 4096

    private let names: [String]
    private let outlines: [OperationOutline]
    private var known: [GraphQLRequest: Known] = [:]

    /// Of the operator's topics, in the order of their slots, and what operations that equal none are compared with.
    package init(names: [String], outlines: [OperationOutline]) {
        self.names = names
        self.outlines = outlines
    }

    /// How many texts are remembered.
    var count: Int { known.count }

    /// The operator's topic of a name.
    package func slot(named name: Substring) -> Slot? { names.firstIndex { $0 == name }.map { Slot($0) } }

    /// Finds the topic with an equal operation; or, for an empty document, the one that the operation's name names.
    ///
    /// Extensions have no say in it.
    package mutating func find(_ request: GraphQLRequest, in demand: TopicDemand) -> Finding {
        let bare = request.with(readExtensions: nil)
        // Its slot may have another tenant by now.
        if let known = known[bare], demand.number(of: known.slot) == known.number { return .topic(known.slot) }
        let finding = search(bare, in: demand)
        switch finding {
        case .topic(let slot):
            remember(bare, slot, in: demand)
            return finding
        case .wanted: return finding
        case .refused(var refusal):
            refusal.executable?.request = request.with(readExtensions: request.extensions.flatMap(Self.forServer))
            return .refused(refusal)
        }
    }

    private mutating func remember(_ request: GraphQLRequest, _ slot: Slot, in demand: TopicDemand) {
        guard let number = demand.number(of: slot), demand.isShared || number == 0,
            request.query.utf8.count + (request.variables?.count ?? 0) <= Self.longest
        else { return }
        if known.count >= Self.limit { known = [:] }
        known[request] = Known(slot: slot, number: number)
    }

    /// What is left of a client's extensions, which the scanner has found to be an object, for the server.
    private static func forServer(_ extensions: [UInt8]) -> [UInt8]? {
        guard let own = try? CanonicalJSON.object(extensions, omitting: "relay"), own.count > 2 else { return nil }
        return own
    }

    private func search(_ request: GraphQLRequest, in demand: TopicDemand) -> Finding {
        do {
            let query = Array(request.query.utf8)
            if let name = request.operationName, Document.isEmpty(query) { return try find(named: name, request) }
            let document = try Document(parsing: query)
            let operation = try document.operation(named: request.operationName)
            let key = try OperationKey(document: document, operation: operation, variables: request.variables)
            if let equal = demand.slot(of: key) { return .topic(equal) }
            guard operation.kind == .subscription else {
                let reason = "this relay serves subscriptions only, not a \(operation.kind.rawValue)"
                let executable = OperationRefusal.Executable(
                    request: request,
                    kind: operation.kind,
                    isIncremental: IncrementalDelivery.isAskedFor(in: document, variables: request.variables)
                )
                return .refused(OperationRefusal(description: reason, executable: executable))
            }
            guard !demand.allowsAny else { return .wanted(key) }
            let outline = try OperationOutline(document: document, operation: operation, variables: request.variables)
            return .refused(OperationRefusal(description: nearest(to: outline, of: request)))
        } catch {
            return .refused(OperationRefusal(error))
        }
    }

    /// Finds the operator's topic that a request without a document names: its variables are none, or the topic's.
    private func find(named name: String, _ request: GraphQLRequest) throws -> Finding {
        guard let slot = slot(named: name[...]) else {
            let name = String(name.unicodeScalars.prefix(64))
            let reason = "the document is empty, and no topic of this relay is named \"\(name)\""
            return .refused(OperationRefusal(description: reason))
        }
        let variables = try OperationOutline.Variables(request.variables)
        let difference = variables.isEmpty ? nil : variables.firstDifference(from: outlines[slot].variables)
        guard let difference else { return .topic(slot) }
        return .refused(OperationRefusal(description: "the topic \"\(name)\" is asked for, but \(difference)"))
    }

    /// What a client is told whose subscription no topic has: which one it may have meant, and what is different.
    ///
    /// Every client may have each of the operator's topics, and nobody hears of another client's.
    private func nearest(to outline: OperationOutline, of request: GraphQLRequest) -> String {
        // Who names one means it.
        let named = request.operationName.flatMap { slot(named: $0[...]) }
        guard let slot = named ?? outline.nearest(among: outlines).map({ Slot($0) }),
            let difference = OperationDifference(of: Array(request.query.utf8), outline, from: outlines[slot])
        else { return "no topic of this relay has this operation" }
        return "no topic of this relay has this operation; the nearest is \"\(names[slot])\", but \(difference)"
    }
}
