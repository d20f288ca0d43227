package import GraphQLTransport

/// One upstream operation that the operator offers under a name.
public struct TopicDefinition: Sendable {
    /// What a new subscriber gets first.
    public enum Snapshot: String, Sendable, CaseIterable {
        /// Only what comes after it joined.
        case none
        /// The last event, if the relay has one, then what comes after it.
        case last
    }

    /// When its upstream operation runs.
    public enum Start: String, Sendable, CaseIterable {
        /// As long as the relay does.
        case always
        /// From its first subscriber on, until some time after its last (`DemandPolicy.linger`).
        case demand
    }

    /// What becomes of a client that falls behind the lag limit.
    public enum LagAction: String, Sendable, CaseIterable {
        /// It is closed with 1013, so that a standard client comes back later.
        case disconnect
        /// It loses the oldest events, half of what the limit allows stays; it is told a gap where it can be.
        case skip
        /// It loses all but the newest event; it is told a gap where it can be.
        case latest
    }

    /// What a gap does to clients that can't be told of it: standard GraphQL clients, and those of bare payloads over
    /// WebSocket.
    public enum GapAction: String, Sendable, CaseIterable {
        /// They go on; each is counted as not told.
        case `continue`
        /// They are closed with 1012 once they got what was before it, so that they come back and ask anew.
        case close
    }

    /// Letters, digits, `_`, `-` and `.`; at most 64 of them.
    public let name: String
    /// The subscription's document.
    public let document: String
    /// Which operation of the document; nil when it has only one.
    public var operationName: String?
    /// Its variables, a JSON object as text.
    public var variables: String?
    /// What a new subscriber gets first; nothing by default.
    public var snapshot = Snapshot.none
    /// When its upstream operation runs; always by default.
    public var start = Start.always
    /// What becomes of a client that falls too far behind; it is disconnected by default.
    public var lagAction = LagAction.disconnect
    /// A query whose result becomes an event of the topic whenever its operation was restarted; none by default.
    ///
    /// So that nobody stays stale, it should answer what the subscription would have said last, in the same shape. It
    /// gets the topic's variables if it declares any.
    public var refetch: String?
    /// What a gap does to clients that can't be told of it; they go on by default.
    public var gapAction = GapAction.continue

    /// Checks the name and that the document is a subscription.
    ///
    /// - Throws: `TopicError` with one line that names the topic and what is wrong.
    public init(name: String, document: String) throws(TopicError) {
        guard Self.isName(name) else {
            throw TopicError(name: name, problem: "a topic's name has 1 to 64 letters, digits, '_', '-' or '.'")
        }
        self.name = name
        self.document = document
    }

    /// Names a topic that clients asked for; it has no path.
    package init(clientTopic name: String) {
        self.name = name
        document = ""
    }

    /// Whether a text can name something in a path.
    package static func isName(_ text: String) -> Bool {
        let isAllowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isAllowed && (1...64).contains(text.utf8.count)
    }

    /// What distinguishes its operation from others, however it is written.
    package func key() throws(TopicError) -> OperationKey {
        try reading { document, operation, variables in
            try OperationKey(document: document, operation: operation, variables: variables)
        }
    }

    /// What clients' operations are compared with that don't equal it.
    package func outline() throws(TopicError) -> OperationOutline {
        try reading { document, operation, variables in
            try OperationOutline(document: document, operation: operation, variables: variables)
        }
    }

    private func reading<Result>(
        _ make: (Document, GraphQLTransport.Operation, [UInt8]?) throws -> Result
    ) throws(TopicError) -> Result {
        do {
            let parsed = try Document(parsing: document)
            let operation = try parsed.operation(named: operationName)
            guard operation.kind == .subscription else {
                throw TopicError(
                    name: name,
                    problem: "its document is a \(operation.kind.rawValue), not a subscription"
                )
            }
            let variables = variables.map { Array($0.utf8) }
            if let variables, JSONString.hasLoneSurrogate(in: variables.indices, of: variables.span) {
                throw TopicError(name: name, problem: "its \(GraphQLRequest.loneSurrogate(in: "variables"))")
            }
            return try make(parsed, operation, variables)
        } catch let error as TopicError {
            throw error
        } catch {
            throw TopicError(name: name, problem: "\(error)")
        }
    }
}
