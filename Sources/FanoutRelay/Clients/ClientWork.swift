internal import GraphQLTransport

/// The queries and mutations of one client that run, and their answers that wait for the socket.
///
/// A class of its own, allocated on demand, because few clients have any at a time.
final class ClientWork {
    /// A query or mutation whose answer is awaited.
    struct Execution {
        let id: String
        let kind: GraphQLTransport.Operation.Kind
        var ticket: QueryTicket?
    }

    /// Those that run, by the number that the shard gave them.
    var executions: [UInt64: Execution] = [:]
    /// The answers; nil while none waits.
    var answers: AnswerLine?

    var isEmpty: Bool { executions.isEmpty && answers == nil }
}
