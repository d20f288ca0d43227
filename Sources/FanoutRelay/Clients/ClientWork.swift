internal import GraphQLTransport

/// What is under way for one client of GraphQL's WebSockets.
///
/// A class of its own, allocated on demand, because few clients have any at a time.
final class ClientWork {
    /// A query or mutation whose answer is awaited.
    struct Execution {
        let id: String
        let kind: GraphQLTransport.Operation.Kind
        var ticket: QueryTicket?
    }

    /// What the client may have, which it keeps here meanwhile.
    var grant: Grant
    /// The queries and mutations that run, by the number that the shard gave them.
    var executions: [UInt64: Execution] = [:]
    /// Their answers that wait for the socket; nil while none does.
    var answers: AnswerLine?
    /// The decision over a credential with which it wants to stay longer.
    var prolonging: PendingDecision?

    init(_ grant: Grant) { self.grant = grant }

    var isEmpty: Bool { executions.isEmpty && answers == nil && prolonging == nil }
}
