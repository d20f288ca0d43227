internal import Backoffs
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets
internal import Wire

/// Queries and mutations.
extension PermanentSession {
    /// What goes for one call, with all its tries.
    struct Call {
        /// Whether the operation may be executed twice.
        let mayRepeat: Bool
        /// When the call must be over, on the loop's clock; nil sets no limit.
        var deadline: Duration?
        /// Headers of its requests over HTTP.
        var headers: [HTTPField] = []

        /// The time that a try has left, of what it may take.
        func timeLeft(of timeout: Duration?) -> Duration? {
            guard let left = deadline.map({ max($0 - EventLoop.now, .zero) }) else { return timeout }
            return min(timeout ?? left, left)
        }
    }

    /// Runs a query or mutation, and returns its one result.
    ///
    /// It goes over HTTP if ``SessionConfiguration/httpEndpoint`` is set, and over the link otherwise. Without a link
    /// it waits for the next one. What fails is tried again by ``SessionConfiguration/retryExecute``, each try for at
    /// most ``SessionConfiguration/executeTimeout``, except for a mutation that the server may have got, unless it is
    /// marked idempotent. Nor is anything tried again that was answered, or under way when the session had to drop the
    /// link for what the server sent.
    ///
    /// - Parameters:
    ///   - request: A query or mutation; of a subscription the first result is returned.
    ///   - isIdempotent: Whether a mutation may safely be executed twice; false by default. Queries always may.
    ///   - timeout: How long the call may take in all, with waits for a link, tries and the pauses between them. Nil,
    ///     the default, sets no limit besides the configuration's. Zero or less is over at once.
    ///   - headers: Further headers of its requests over HTTP, in place of those of the same name that the
    ///     configuration gives; none by default. Over a link there are none for one call.
    /// - Returns: The result, without errors.
    /// - Throws: ``QueryError`` when the result has errors; ``SessionError/outcomeUnknown(reason:)`` for a mutation
    ///   that was sent and not answered; ``SessionError/inParts`` for a result that comes in parts;
    ///   ``SessionError/headersNeedHTTP`` for headers without an `httpEndpoint`; ``HTTPFailure`` when the last try over
    ///   HTTP failed; ``SessionError/timedOut`` or ``SessionError/waitedTooLong`` when its time is over, or the error
    ///   of its last try; `CancellationError` with the task; other ``SessionError``s as ``connected()`` does, or when
    ///   the last try failed.
    public func execute(
        _ request: GraphQLRequest,
        isIdempotent: Bool = false,
        timeout: Duration? = nil,
        headers: [(name: String, value: String)] = []
    ) async throws -> ExecutionResult {
        guard headers.isEmpty || configuration.httpEndpoint != nil else { throw SessionError.headersNeedHTTP }
        var call = Call(mayRepeat: isIdempotent || request.isRepeatable)
        call.deadline = timeout.map { EventLoop.now + $0 }
        call.headers = headers.map { HTTPField(name: $0.name, value: $0.value) }
        return try await execute(request, call) { _ in false }
    }

    /// Runs it as `execute` does, with a say in when it is tried again.
    ///
    /// - Parameter isFinal: Whether a failure ends it, though it might be tried again.
    package func execute(
        _ request: GraphQLRequest,
        isFinal: @escaping @Sendable (any Error) -> Bool
    ) async throws -> ExecutionResult {
        try await execute(request, Call(mayRepeat: request.isRepeatable), isFinal)
    }

    private func execute(
        _ request: GraphQLRequest,
        _ call: Call,
        _ isFinal: @escaping @Sendable (any Error) -> Bool
    ) async throws -> ExecutionResult {
        try await tryRepeatedly(call, isFinal) {
            guard configuration.httpEndpoint != nil else { return try await executeOnLink(request, call) }
            return try await executeOverHTTP(request, call)
        }
    }

    /// Runs a query or mutation, and hands over all its results: those that the server sends in parts too.
    ///
    /// It returns when the server has completed it. Until the first result it is tried again as `execute` is, then
    /// never: no result is handed over twice. Each result may take the ``SessionConfiguration/executeTimeout``.
    ///
    /// - Parameters:
    ///   - isFinal: Whether a failure ends it, though it might be tried again.
    ///   - deliver: Gets each result on the session's loop: a JSON object as the server sent it, with errors or
    ///     without.
    /// - Throws: What `execute` throws; ``QueryError`` only when the server sent errors instead of a result. After some
    ///   results it means that the rest is missing.
    package func executeAll(
        _ request: GraphQLRequest,
        isIdempotent: Bool = false,
        isFinal: @escaping @Sendable (any Error) -> Bool = { _ in false },
        deliver: @escaping @Sendable ([UInt8]) -> Void
    ) async throws {
        let call = Call(mayRepeat: isIdempotent || request.isRepeatable)
        let count = Atomic(0)
        try await tryRepeatedly(call) { error in
            count.load(ordering: .relaxed) > 0 || isFinal(error)
        } _: {
            guard configuration.httpEndpoint != nil else {
                return try await streamOnLink(request, call) { result in
                    count.add(1, ordering: .relaxed)
                    deliver(result)
                }
            }
            do {
                deliver(try await executeOverHTTP(request, call).bytes)
            } catch let error as QueryError where error.data != nil {
                deliver(error.bytes)
            }
        }
    }

    private func tryRepeatedly<Result>(
        _ call: Call,
        _ isFinal: @escaping @Sendable (any Error) -> Bool,
        _ attempt: () async throws -> Result
    ) async throws -> Result {
        let backoff = configuration.retryExecute.givingUpWhenFinal(isFinal)
        var schedule = BackoffSchedule(backoff, startingAt: EventLoop.now)
        schedule.end = call.deadline
        while true {
            do {
                let result = try await attempt()
                schedule.succeeded(at: EventLoop.now)
                return result
            } catch {
                if Task.isCancelled { throw error }
                switch schedule.failed(error, at: EventLoop.now) {
                case .retry(let wait): try await pause(for: wait)
                case .giveUp: throw error
                }
            }
        }
    }

    private func executeOnLink(_ request: GraphQLRequest, _ call: Call) async throws -> ExecutionResult {
        let mayRepeat = call.mayRepeat
        let subscription = try await startQuery(request, until: call.deadline)
        let timer = executeTimer(subscription.mailbox, after: call.timeLeft(of: configuration.executeTimeout))
        defer { timer?.close() }
        let batch = try await nextBatch(of: subscription, mayRepeat: mayRepeat)
        guard let batch, let payload = batch.first else { throw Self.failure(of: .noResult, mayRepeat: mayRepeat) }
        // What was the first had no room: there are several, and large ones.
        guard batch.dropped == 0 else { throw SessionError.inParts }
        // What isn't complete with its result is ended by letting go of it.
        let isWhole = batch.count == 1 && !request.isSubscription
        do {
            let result = try ExecutionResult(payload: Array(payload))
            if isWhole { settle(subscription.lease.id) }
            return result
        } catch let error as QueryError {
            if isWhole { settle(subscription.lease.id) }
            throw error
        } catch let error as SessionError {
            throw Self.failure(of: error, mayRepeat: mayRepeat)
        }
    }

    private func streamOnLink(
        _ request: GraphQLRequest,
        _ call: Call,
        _ deliver: @Sendable ([UInt8]) -> Void
    ) async throws {
        let mayRepeat = call.mayRepeat
        let subscription = try await startQuery(request, until: nil)
        let timer = executeTimer(subscription.mailbox, after: configuration.executeTimeout)
        defer { timer?.close() }
        var isEmpty = true
        while let batch = try await nextBatch(of: subscription, mayRepeat: mayRepeat) {
            guard batch.dropped == 0 else {
                let reason = "\(batch.dropped) parts of it came faster than they were taken, and are missing"
                throw Self.failure(of: .invalidResult(reason: reason), mayRepeat: mayRepeat)
            }
            for payload in batch { deliver(Array(payload)) }
            isEmpty = false
            if let timeout = configuration.executeTimeout { timer?.start(after: timeout) }
        }
        if isEmpty { throw Self.failure(of: .noResult, mayRepeat: mayRepeat) }
    }

    private func nextBatch(of subscription: Subscription, mayRepeat: Bool) async throws -> PayloadBatch? {
        do {
            return try await subscription.mailbox.take(isolation: self)
        } catch let error as SessionError {
            throw Self.failure(of: error, mayRepeat: mayRepeat)
        }
    }

    private func executeTimer(_ mailbox: PayloadMailbox, after timeout: Duration?) -> LoopTimer? {
        timeout.map { timeout in
            let timer = LoopTimer(on: loop) { mailbox.finish(SessionError.timedOut) }
            timer.start(after: timeout)
            return timer
        }
    }

    /// What became of an operation that was sent: of a mutation nobody knows, unless the server said it.
    static func failure(of error: SessionError, mayRepeat: Bool) -> SessionError {
        guard !mayRepeat else { return error }
        return switch error {
        case .linkLost, .ended, .closed, .timedOut, .noResult, .tooLarge, .invalidResult:
            .outcomeUnknown(reason: "\(error)")
        // The caller's own doing, or an answer.
        case .inParts, .outcomeUnknown, .waitedTooLong, .noWebSocket, .headersNeedHTTP: error
        }
    }
}

extension GraphQLRequest {
    /// Whether the operation changes nothing; a document that can't be read counts as one that does.
    fileprivate var isRepeatable: Bool { kind.map { $0 != .mutation } ?? false }

    /// Whether it has results without end; a document that can't be read has one.
    fileprivate var isSubscription: Bool { kind == .subscription }

    private var kind: Operation.Kind? {
        // Its server may be laxer than the rules.
        guard let document = try? Document(parsing: query, validates: false) else { return nil }
        return try? document.operation(named: operationName).kind
    }
}

extension Backoff {
    /// The same, but never after an answer, nor after what can't change: a session that is over, a call that gave up.
    fileprivate func givingUpWhenFinal(_ isFinal: @escaping @Sendable (any Error) -> Bool) -> Backoff {
        let isFatal = giveUp
        return givingUp { error in
            switch error {
            case is QueryError, is CancellationError: true
            // The answer may be what the link was dropped for: sent again, it would cost the next one.
            case SessionError.linkLost(let failure) where failure.mayBeDueToAnswer: true
            case SessionError.linkLost, SessionError.timedOut: isFatal(error) || isFinal(error)
            case is SessionError: true
            case let failure as HTTPFailure where !failure.isTransient: true
            default: isFatal(error) || isFinal(error)
            }
        }
    }
}

extension LinkFailure {
    /// Whether we dropped the link for something that the server sent; what is lost by silence is nobody's answer.
    package var mayBeDueToAnswer: Bool {
        guard case .dropped(let code, _) = self else { return false }
        return switch code {
        case .badResponse, .messageTooBig, .protocolError, .unsupportedData, .invalidFramePayload, .policyViolation:
            true
        default: false
        }
    }
}
