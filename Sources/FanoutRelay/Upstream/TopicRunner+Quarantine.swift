internal import AccessTokens
internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Clients' operations pass the quarantine on their way to the link, so that each of them breaks at most two links.
extension TopicRunner {
    /// The query that is sent after a lone suspect: its answer shows that the server has read the suspect and still
    /// works.
    private static let probe = try? GraphQLRequest(query: "{ __typename }")

    /// Waits for an operation's turn to be sent, and for a link.
    func enter(_ operation: Fingerprint) async throws -> Quarantine.Sending {
        while true {
            let sending = try await turn(of: operation)
            do {
                try await session.connected()
            } catch {
                left(sending)
                throw error
            }
            if quarantine.mayGo(sending, at: EventLoop.now) { return sending }
            takeTurns()
        }
    }

    private func turn(of operation: Fingerprint) async throws -> Quarantine.Sending {
        let (sending, admission) = quarantine.enter(operation, at: EventLoop.now)
        switch admission {
        case .go: return sending
        case .refused(let time):
            statistics.quarantineRefusals.add(1, ordering: .relaxed)
            throw QuarantinedOperation(time: time)
        case .wait: break
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                guard !Task.isCancelled else {
                    quarantine.left(sending, at: EventLoop.now)
                    return continuation.resume(throwing: CancellationError())
                }
                waitingForTurn[sending] = continuation
                takeTurns()
            }
        } onCancel: {
            // This can't run before the wait has begun, because the caller occupies the loop until then.
            loop.execute { [self] in assumeIsolated { $0.left(sending) } }
        }
        return sending
    }

    /// Notes that the operation is on the link.
    func sent(_ sending: Quarantine.Sending) {
        quarantine.sent(sending, at: EventLoop.now)
        takeTurns()
    }

    /// Notes that the server has answered the operation.
    func answered(_ sending: Quarantine.Sending) {
        quarantine.answered(sending)
        takeTurns()
    }

    /// Notes that nobody waits for the operation any more.
    func left(_ sending: Quarantine.Sending) {
        quarantine.left(sending, at: EventLoop.now)
        waitingForTurn.removeValue(forKey: sending)?.resume(throwing: CancellationError())
        takeTurns()
    }

    /// Judges an operation whose link was lost.
    func lost(_ sending: Quarantine.Sending, _ document: String) -> Quarantine.Fate {
        let fate = quarantine.lost(sending, at: EventLoop.now)
        if case .sentenced(let time) = fate {
            statistics.quarantined.add(1, ordering: .relaxed)
            logger.warning(
                "the link broke twice at a client's operation, which is refused for a while",
                metadata: [
                    // The text may hold what is nobody else's business.
                    "document_sha256":
                        "\(String(decoding: SHA256Hash.hexadecimal(of: Array(document.utf8)), as: UTF8.self))",
                    "seconds": .stringConvertible(time.components.seconds),
                ]
            )
        }
        takeTurns()
        return fate
    }

    /// Notes the loss of a link, whichever operations were on it.
    nonisolated func linkLost() {
        loop.execute { [self] in
            assumeIsolated { upstream in
                upstream.quarantine.lostLink(at: EventLoop.now)
                // The next one may lead to another server.
                if upstream.mayFollow { upstream.upstreamNumbers = nil }
                upstream.forgetRefusals()
                upstream.takeTurns()
            }
        }
    }

    /// Runs a client's query or mutation; after the loss of its link it is sent again at most once, and then alone.
    ///
    /// - Throws: What `PermanentSession.execute` throws; `QuarantinedOperation`.
    func execute(_ request: GraphQLRequest) async throws -> ExecutionResult {
        try await runGuarded(request) { _ in try await self.session.execute(request) }
    }

    /// The same for an operation with several results; after the first one it isn't sent again.
    ///
    /// - Parameter deliver: Gets each result on the upstream loop.
    func executeAll(_ request: GraphQLRequest, deliver: @escaping @Sendable ([UInt8]) -> Void) async throws {
        try await runGuarded(request) { sending in
            try await self.session.executeAll(request) { result in
                if let sending { self.assumeIsolated { $0.answered(sending) } }
                deliver(result)
            }
        }
    }

    private func runGuarded<Result>(
        _ request: GraphQLRequest,
        _ attempt: (Quarantine.Sending?) async throws -> Result
    ) async throws -> Result {
        guard !executesOverHTTP, let operation = Fingerprint(request) else { return try await attempt(nil) }
        var isLast = false
        while true {
            let sending = try await enter(operation)
            var link: UInt64 = 0
            do {
                link = await session.generation
                sent(sending)
                let result = try await attempt(sending)
                answered(sending)
                return result
            } catch let error as QueryError {
                answered(sending)
                throw error
            } catch {
                guard await wasLost(link, by: error) else {
                    left(sending)
                    throw error
                }
                let hasResults = quarantine.wasAnswered(sending)
                let fate = lost(sending, request.query)
                // A mutation isn't sent again, since it may have been executed; its client is told so.
                guard case SessionError.linkLost(let failure) = error else { throw error }
                if case .sentenced(let time) = fate { throw QuarantinedOperation(time: time) }
                // If the server's answer made us drop the link, sending the operation again would cost the next link
                // too.
                guard !failure.mayBeDueToAnswer, !isLast, !hasResults else { throw error }
                isLast = true
            }
        }
    }

    private func wasLost(_ link: UInt64, by error: any Error) async -> Bool {
        switch error {
        case SessionError.linkLost: return true
        // The error of a mutation doesn't say why the outcome is unknown.
        case SessionError.outcomeUnknown:
            guard await session.isConnected else { return true }
            return await session.generation != link
        default: return false
        }
    }

    // Turns.

    private func takeTurns() {
        for (sending, admission) in quarantine.turns(at: EventLoop.now) {
            guard let continuation = waitingForTurn.removeValue(forKey: sending) else { continue }
            if case .refused(let time) = admission {
                statistics.quarantineRefusals.add(1, ordering: .relaxed)
                continuation.resume(throwing: QuarantinedOperation(time: time))
            } else {
                continuation.resume()
            }
        }
        // When queries go over HTTP, their answers don't show whether the link works.
        if !executesOverHTTP, let lone = quarantine.lone, probing != lone {
            probing = lone
            Task(executorPreference: loop) { await self.probe(lone) }
        }
        guard let due = quarantine.due else { return }
        let timer =
            quarantineTimer
            ?? LoopTimer(on: loop) { [weak self] in
                self?.assumeIsolated { $0.takeTurns() }
            }
        quarantineTimer = timer
        timer.start(after: due - EventLoop.now)
    }

    private func probe(_ lone: Quarantine.Sending) async {
        guard let probe = Self.probe else { return }
        do {
            _ = try await session.execute(probe)
        } catch is QueryError {
            // Errors are an answer too.
        } catch {
            return
        }
        guard quarantine.lone == lone else { return }
        quarantine.probed()
        takeTurns()
    }
}
