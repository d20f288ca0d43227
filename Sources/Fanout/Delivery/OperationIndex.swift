package import GraphQLTransport

/// Finds the topic that a client's operation joins.
///
/// It is a value: when the topic doesn't exist yet, its owner decides what to do. Operations are remembered by their
/// text, so that equal texts are parsed once.
package struct OperationIndex {
    /// The result of a search.
    package enum Finding {
        /// The topic in this slot.
        case topic(Slot)
        /// No topic has this operation, and client topics are allowed: the owner should request one.
        case wanted(OperationKey)
        case refused(OperationRefusal)
    }

    /// The slot of an operation's topic, and the number that tells this topic from later ones in the slot.
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
    private let slots: [Slot]
    private var known: [GraphQLRequest: Known] = [:]

    /// Makes an index of the operator's topics, which have the first slots unless others are given.
    ///
    /// The outlines serve to name the nearest topic.
    package init(names: [String], outlines: [OperationOutline], slots: [Slot]? = nil) {
        self.names = names
        self.outlines = outlines
        self.slots = slots ?? names.indices.map { Slot($0) }
    }

    /// How many texts are remembered.
    var count: Int { known.count }

    /// The operator's topic of a name.
    package func slot(named name: Substring) -> Slot? { place(named: name).map { slots[$0] } }

    private func place(named name: Substring) -> Int? { names.firstIndex { $0 == name } }

    /// Finds the topic with an equal operation.
    ///
    /// Extensions have no say in it.
    ///
    /// - Parameter isKnown: Whether the client may hear of the operator's topic in a slot.
    package mutating func find(
        _ request: GraphQLRequest,
        in demand: TopicDemand,
        isKnown: (Slot) -> Bool = { _ in true }
    ) -> Finding {
        let bare = request.with(readExtensions: nil)
        // The slot may hold another topic by now.
        if let known = known[bare], demand.number(of: known.slot) == known.number,
            isOpen(known.slot, demand, isKnown)
        {
            return .topic(known.slot)
        }
        let finding = search(bare, in: demand, isKnown)
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

    /// Whether a client may join the topic in a slot by an equal operation.
    ///
    /// Topics of clients may be joined so only where clients may bring any operation; others are somebody's own.
    private func isOpen(_ slot: Slot, _ demand: TopicDemand, _ isKnown: (Slot) -> Bool) -> Bool {
        demand.isConfigured(slot) ? isKnown(slot) : demand.allowsAny
    }

    private mutating func remember(_ request: GraphQLRequest, _ slot: Slot, in demand: TopicDemand) {
        guard let number = demand.number(of: slot), demand.isShared || demand.isConfigured(slot),
            request.query.utf8.count + (request.variables?.count ?? 0) <= Self.longest
        else { return }
        if known.count >= Self.limit { known = [:] }
        known[request] = Known(slot: slot, number: number)
    }

    /// The client's extensions for the server: those without the member `relay`.
    ///
    /// The scanner has found an object before.
    private static func forServer(_ extensions: [UInt8]) -> [UInt8]? {
        guard let own = try? CanonicalJSON.object(extensions, omitting: "relay"), own.count > 2 else { return nil }
        return own
    }

    private func search(_ request: GraphQLRequest, in demand: TopicDemand, _ isKnown: (Slot) -> Bool) -> Finding {
        do {
            let query = Array(request.query.utf8)
            if let name = request.operationName, Document.isEmpty(query) {
                return try find(named: name, request, isKnown)
            }
            let document = try Document(parsing: query)
            let operation = try document.operation(named: request.operationName)
            let key = try OperationKey(document: document, operation: operation, variables: request.variables)
            if let equal = demand.slot(of: key), demand.isConfigured(equal) || demand.allowsAny {
                return .topic(equal)
            }
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
            return .refused(OperationRefusal(description: nearest(to: outline, of: request, isKnown)))
        } catch {
            return .refused(OperationRefusal(error))
        }
    }

    /// Finds the operator's topic that a request without a document names: its variables are none, or the topic's.
    private func find(
        named name: String,
        _ request: GraphQLRequest,
        _ isKnown: (Slot) -> Bool
    ) throws -> Finding {
        guard let place = place(named: name[...]), isKnown(slots[place]) else {
            let name = String(name.unicodeScalars.prefix(64))
            let reason = "the document is empty, and no topic of this relay is named \"\(name)\""
            return .refused(OperationRefusal(description: reason))
        }
        let variables = try OperationOutline.Variables(request.variables)
        let difference = variables.isEmpty ? nil : variables.firstDifference(from: outlines[place].variables)
        guard let difference else { return .topic(slots[place]) }
        return .refused(OperationRefusal(description: "the topic \"\(name)\" is asked for, but \(difference)"))
    }

    /// The message for a client whose subscription no topic has: the nearest of the operator's topics, and the
    /// difference.
    ///
    /// Nobody hears of what it may not have, nor of another client's.
    private func nearest(
        to outline: OperationOutline,
        of request: GraphQLRequest,
        _ isKnown: (Slot) -> Bool
    ) -> String {
        // Who names one means it.
        let known = outlines.indices.filter { isKnown(slots[$0]) }
        let named = request.operationName.flatMap { place(named: $0[...]) }.flatMap { isKnown(slots[$0]) ? $0 : nil }
        guard let place = named ?? outline.nearest(among: known.map { outlines[$0] }).map({ known[$0] }),
            let difference = OperationDifference(of: Array(request.query.utf8), outline, from: outlines[place])
        else { return "no topic of this relay has this operation" }
        return "no topic of this relay has this operation; the nearest is \"\(names[place])\", but \(difference)"
    }
}
