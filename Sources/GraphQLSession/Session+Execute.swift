internal import Backoff
internal import GraphQLTransport
internal import WebSockets

/// Queries and mutations.
extension Session {
    /// Runs a query or mutation, and returns its one result.
    ///
    /// It goes over HTTP if ``SessionConfiguration/httpEndpoint`` is set, and over the link otherwise. Without a link
    /// it waits for the next one. What fails is tried again by ``SessionConfiguration/retryExecute``, each try for at
    /// most ``SessionConfiguration/executeTimeout``, except for a mutation that the server may have got, unless it is
    /// marked idempotent.
    ///
    /// - Parameters:
    ///   - request: A query or mutation; of a subscription the first result is returned.
    ///   - isIdempotent: Whether a mutation may safely be executed twice; false by default. Queries always may.
    /// - Returns: The result, without errors.
    /// - Throws: ``QueryError`` when the result has errors; ``SessionError/outcomeUnknown(reason:)`` for a mutation
    ///   that was sent and not answered; ``HTTPFailure`` when the last try over HTTP failed; other ``SessionError``s as
    ///   ``connected()`` does, or when the last try failed.
    public func execute(_ request: Request, isIdempotent: Bool = false) async throws -> ExecutionResult {
        let mayRepeat = isIdempotent || request.isRepeatable
        var schedule = BackoffSchedule(configuration.retryExecute.givingUpWhenFinal(), startingAt: EventLoop.now)
        while true {
            do {
                let result =
                    if configuration.httpEndpoint != nil {
                        try await executeOverHTTP(request, mayRepeat: mayRepeat)
                    } else {
                        try await executeOnLink(request, mayRepeat: mayRepeat)
                    }
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

    private func executeOnLink(_ request: Request, mayRepeat: Bool) async throws -> ExecutionResult {
        let subscription = try await subscribe(request)
        let mailbox = subscription.mailbox
        let timer = configuration.executeTimeout.map { timeout in
            let timer = LoopTimer(on: loop) { mailbox.finish(.timedOut) }
            timer.start(after: timeout)
            return timer
        }
        defer { timer?.close() }
        let payload: [UInt8]?
        do throws(SessionError) {
            payload = try await mailbox.take(isolation: self)?.first.map { Array($0) }
        } catch {
            switch error {
            case .graphQL(let errors): throw QueryError(errors: errors, data: nil)
            case .linkLost where !mayRepeat, .timedOut where !mayRepeat, .closed where !mayRepeat:
                throw SessionError.outcomeUnknown(reason: "\(error)")
            default: throw error
            }
        }
        guard let payload else { throw SessionError.noResult }
        return try ExecutionResult(payload: payload)
    }
}

extension Request {
    /// Whether the operation changes nothing; a document that can't be read counts as one that does.
    fileprivate var isRepeatable: Bool {
        guard let document = try? Document(parsing: message.query),
            let operation = try? document.operation(named: message.operationName)
        else { return false }
        return operation.kind != .mutation
    }
}

extension Backoff {
    /// The same, but never after an answer, nor after what can't change: a session that is over, a call that gave up.
    fileprivate func givingUpWhenFinal() -> Backoff {
        let isFatal = giveUp
        return givingUp { error in
            switch error {
            case is QueryError: true
            case SessionError.linkLost, SessionError.timedOut: isFatal(error)
            case is SessionError: true
            case let failure as HTTPFailure where !failure.isTransient: true
            default: isFatal(error)
            }
        }
    }
}
