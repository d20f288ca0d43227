package import GraphQLTransport

/// One upstream operation that the operator offers under a name.
public struct TopicDefinition: Sendable, Hashable {
    /// What a new subscriber gets first.
    public enum Snapshot: String, Sendable, CaseIterable {
        /// Events from after it joined.
        case none
        /// The last event, if the relay has one, then the following ones.
        case last
    }

    /// When the topic's upstream operation runs.
    public enum Start: String, Sendable, CaseIterable {
        /// As long as the relay does.
        case always
        /// From its first subscriber on, until some time after its last (`DemandPolicy.linger`).
        case demand
    }

    /// What happens to a client that exceeds the lag limit.
    public enum LagAction: String, Sendable, CaseIterable {
        /// The client is closed with 1013, so that a standard client comes back later.
        case disconnect
        /// The client loses the oldest events and keeps half of what the limit allows. It is told of the gap if its
        /// protocol can.
        case skip
        /// The client loses all but the newest event. It is told of the gap if its protocol can.
        case latest
    }

    /// What a gap does to clients whose protocol can't tell them of it: standard GraphQL clients, and WebSocket clients
    /// that get bare payloads.
    public enum GapAction: String, Sendable, CaseIterable {
        /// They go on; each is counted as not told.
        case `continue`
        /// They are closed with 1012 after the events before the gap, so that they reconnect and subscribe anew.
        case close
    }

    /// Letters, digits, `_`, `-` and `.`; at most 64 of them.
    public let name: String
    /// The subscription's document.
    public let document: String
    /// The name of the operation to run; nil when the document has only one.
    public var operationName: String?
    /// The operation's variables, a JSON object as text.
    public var variables: String?
    /// What a new subscriber gets first; nothing by default.
    public var snapshot = Snapshot.none
    /// When the upstream operation runs; always by default.
    public var start = Start.always
    /// What happens to a client that falls too far behind; it is disconnected by default.
    public var lagAction = LagAction.disconnect
    /// A query whose result becomes an event of the topic after each restart of the operation; none by default.
    ///
    /// Clients otherwise keep what they knew before the interruption. The query should answer what the subscription
    /// would have sent last, in the same shape. It gets the topic's variables if it declares any.
    public var refetch: String?
    /// What a gap does to clients that can't be told of it; they go on by default.
    public var gapAction = GapAction.continue

    /// Checks the name.
    ///
    /// The document is checked by `check()`.
    ///
    /// - Throws: `TopicError`, whose description is one line with the topic's name and what is wrong.
    public init(name: String, document: String) throws(TopicError) {
        guard Self.isName(name) else {
            throw TopicError(name: name, problem: "a topic's name has 1 to 64 letters, digits, '_', '-' or '.'")
        }
        self.name = name
        self.document = document
    }

    /// Makes the definition of a client topic, which has no path.
    package init(clientTopic name: String) {
        self.name = name
        document = ""
    }

    /// Whether a text can be a topic's name, which is part of a path.
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

    /// What tells the topic's operation from others, however it is written.
    package func key() throws(TopicError) -> OperationKey {
        try reading { document, operation, variables in
            try OperationKey(document: document, operation: operation, variables: variables)
        }
    }

    /// The operation's outline, with which clients' operations that equal no topic are compared.
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
