internal import Synchronization
internal import WebSockets

/// A decision over a client that takes time; it holds one of the bounded number of places until it is released.
final class PendingDecision: Sendable {
    private let authorizer: Authorizer
    private let question: AccessQuestion
    private let number: UInt64
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// Called by `Authorizer.begin` only, which counts it.
    init(_ question: AccessQuestion, by authorizer: Authorizer, number: UInt64) {
        self.question = question
        self.authorizer = authorizer
        self.number = number
    }

    deinit { authorizer.endPending() }

    /// Has it made, and hands it over on a loop, once, unless it was cancelled.
    func start(on loop: EventLoop, _ deliver: @escaping @Sendable (Authorizer.Verdict) -> Void) {
        let task = Task(executorPreference: loop) { [authorizer, question, number] in
            let verdict = await authorizer.decide(question, number: number)
            guard !Task.isCancelled else { return }
            loop.execute { deliver(verdict) }
        }
        self.task.withLock { $0 = task }
    }

    /// Gives it up: the client has left.
    func cancel() { task.withLock { $0 }?.cancel() }
}
