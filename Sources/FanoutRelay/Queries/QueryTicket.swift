internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// A query or mutation that is to be run.
struct ExecutableOperation: Sendable {
    let request: GraphQLRequest
    let kind: Operation.Kind
    /// Whether it asks for several results.
    let isIncremental: Bool
    /// Whether whoever asks takes any number of results, as they come.
    var takesParts = false
}

/// A client's claim to the answer of a query or mutation, which it can give up from every thread.
final class QueryTicket: Sendable {
    private enum State {
        /// It waits for a place, or is about to run.
        case waiting
        case running(Task<Void, Never>)
        /// Nobody wants the answer, or it was given.
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

    /// Nobody wants the answer any more: the server is told so of a query; a mutation that has begun goes on.
    func cancel() {
        if queryRunner.withdraw(self) {
            state.withLock { $0 = .over }
        } else if operation.kind != .mutation {
            stop()
        }
    }

    /// Its time is over while it runs.
    func expire() {
        isLate.store(true, ordering: .relaxed)
        stop()
    }

    /// What it brings further can't be handed over: it ends, a mutation too.
    func abandon() { stop() }

    /// It runs now, unless nobody wants it any more.
    func started(_ task: Task<Void, Never>) {
        let isOver = state.withLock { state in
            if case .over = state { return true }
            state = .running(task)
            return false
        }
        if isOver { task.cancel() }
    }

    /// The last answer was given.
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
