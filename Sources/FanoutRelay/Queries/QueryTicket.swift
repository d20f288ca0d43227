internal import AllowedDocuments
internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// A query or mutation to be run.
struct ExecutableOperation: Sendable {
    let request: GraphQLRequest
    let kind: Operation.Kind
    /// Whether it may have several results.
    let isIncremental: Bool
    /// Whether the client accepts several results as they come.
    var takesParts = false
}

extension ExecutableOperation {
    /// An allowed document's query or mutation.
    init(_ operation: ComposedOperation) {
        self.init(request: operation.request, kind: operation.kind, isIncremental: operation.isIncremental)
    }
}

/// A client's claim to the answer of a query or mutation; any thread may cancel it.
final class QueryTicket: Sendable {
    private enum State {
        /// It waits for a place, or is about to run.
        case waiting
        case running(Task<Void, Never>)
        /// It was cancelled, or its last answer was delivered.
        case over
    }

    let number: UInt64
    let operation: ExecutableOperation
    let network: ClientNetwork
    let deliver: @Sendable (Answer) -> Void
    private let state = Mutex(State.waiting)
    private let queryRunner: QueryRunner
    private let isLate = Atomic(false)

    init(
        _ number: UInt64,
        _ operation: ExecutableOperation,
        from network: ClientNetwork,
        by queryRunner: QueryRunner,
        deliver: @escaping @Sendable (Answer) -> Void
    ) {
        self.number = number
        self.operation = operation
        self.network = network
        self.queryRunner = queryRunner
        self.deliver = deliver
    }

    /// True when it was cancelled because its time was over.
    var hasExpired: Bool { isLate.load(ordering: .relaxed) }

    /// Gives the answer up: a query is completed at the server, a mutation that has begun goes on.
    func cancel() {
        if queryRunner.withdraw(self) {
            state.withLock { $0 = .over }
        } else if operation.kind != .mutation {
            stop()
        }
    }

    /// Ends an operation that runs, because its time is over.
    func expire() {
        isLate.store(true, ordering: .relaxed)
        stop()
    }

    /// Ends an operation, even a mutation, whose further results can't be delivered.
    func abandon() { stop() }

    /// Notes the task that runs the operation; cancels it when the answer isn't wanted any more.
    func started(_ task: Task<Void, Never>) {
        let isOver = state.withLock { state in
            if case .over = state { return true }
            state = .running(task)
            return false
        }
        if isOver { task.cancel() }
    }

    /// Notes that the last answer was delivered.
    func finish() { state.withLock { $0 = .over } }

    private func stop() {
        let task = state.withLock { state -> Task<Void, Never>? in
            defer { state = .over }
            if case .running(let task) = state { return task }
            return nil
        }
        task?.cancel()
    }
}
