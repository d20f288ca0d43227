internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// Turns results and errors of the session into answers for clients.
extension QueryRunner {
    /// Runs an operation that has a place.
    func answer(_ ticket: QueryTicket, _ place: QueryPlace) async {
        if ticket.operation.takesParts {
            await stream(ticket, place)
            clearDeadline(of: ticket)
        } else {
            ticket.deliver(admit(await content(of: ticket), ticket, place))
        }
        ticket.finish()
    }

    /// The answer, if the budget can hold it; otherwise the failure in its place.
    private func admit(_ content: Answer.Content, _ ticket: QueryTicket, _ place: QueryPlace) -> Answer {
        let size: Int
        switch content {
        case .result(let bytes, _), .part(let bytes): size = bytes.count
        case .refused(let errors): size = errors.count
        case .failure, .end: return Answer(content, place: place)
        }
        do throws(AnswerBudget.Refusal) {
            return Answer(content, hold: try budget.hold(size), place: place)
        } catch {
            return Answer(.failure(overBudget(error, ticket.operation.kind)), place: place)
        }
    }

    /// The failure that replaces an answer for which there is no budget.
    func overBudget(_ refusal: AnswerBudget.Refusal, _ kind: Operation.Kind) -> RelayFailure {
        statistics.droppedAnswers.add(1, ordering: .relaxed)
        let executed = kind == .mutation ? "the mutation was executed, but its answer" : "the query's answer"
        return switch refusal {
        case .client:
            RelayFailure(
                .answerTooLarge,
                "\(executed) is more than \(budget.limits.bytesPerClient) bytes for one client"
            )
        case .all:
            RelayFailure(.overBudget, "\(executed) can't be held: too much waits for clients that don't read")
        }
    }

    private func content(of ticket: QueryTicket) async -> Answer.Content {
        let kind = ticket.operation.kind
        do {
            let request = ticket.operation.request
            let result = try await session.execute(request, within: limits.timeout, guardian: guardian)
            return .result(result.bytes, hasData: true)
        } catch let error as QueryError {
            // Without data nothing was executed.
            guard !error.wasRefused else { return .refused(errors: error.rawErrors) }
            return .result(error.bytes, hasData: error.data != nil)
        } catch let failure as HTTPFailure where failure.status == 400 || failure.status == 422 {
            // What is wrong with the request itself is for who made it; the rest is between relay and upstream.
            return failure.rawErrors.map { .refused(errors: $0) } ?? .failure(self.failure(failure, kind))
        } catch {
            return .failure(failure(error, kind))
        }
    }

    /// Delivers each result until the server ends the operation.
    private func stream(_ ticket: QueryTicket, _ place: QueryPlace) async {
        let kind = ticket.operation.kind
        let count = Atomic(0)
        let isCut = Atomic(false)
        do {
            setDeadline(of: ticket, after: limits.timeout)
            guard needsLink || !ticket.operation.isIncremental else {
                let message = "@defer and @stream are not served where queries go over HTTP (--execute-url)"
                throw RelayFailure(.incrementalDelivery, message)
            }
            try await results(of: ticket.operation.request) { result in
                guard !isCut.load(ordering: .relaxed) else { return }
                count.add(1, ordering: .relaxed)
                self.setDeadline(of: ticket, after: self.limits.timeout)
                let answer = self.admit(.part(result), ticket, place)
                ticket.deliver(answer)
                guard case .failure = answer.content else { return }
                isCut.store(true, ordering: .relaxed)
                ticket.abandon()
            }
            guard !isCut.load(ordering: .relaxed) else { return }
            ticket.deliver(Answer(.end, place: place))
        } catch {
            guard !isCut.load(ordering: .relaxed) else { return }
            let hasBegun = count.load(ordering: .relaxed) > 0
            ticket.deliver(end(of: ticket, by: error, hasBegun: hasBegun, kind, place))
        }
    }

    private func results(of request: GraphQLRequest, deliver: @escaping @Sendable ([UInt8]) -> Void) async throws {
        if let guardian { return try await guardian.executeAll(request, deliver: deliver) }
        try await session.executeAll(request, deliver: deliver)
    }

    /// The last answer to an operation whose results ended early.
    private func end(
        of ticket: QueryTicket,
        by error: any Error,
        hasBegun: Bool,
        _ kind: Operation.Kind,
        _ place: QueryPlace
    ) -> Answer {
        switch error {
        case let error as QueryError:
            return admit(.refused(errors: error.rawErrors), ticket, place)
        case let failure as RelayFailure:
            return Answer(.failure(failure), place: place)
        case SessionError.linkLost where hasBegun && kind != .mutation:
            let failure = RelayFailure(.interrupted, "the link to the upstream was lost before the last result")
            return Answer(.failure(failure), place: place)
        case SessionError.invalidResult where hasBegun:
            let failure = RelayFailure(.interrupted, "results came faster than the relay could take them")
            return Answer(.failure(failure), place: place)
        default:
            let cause: any Error = ticket.hasExpired ? SessionError.timedOut : error
            return Answer(.failure(failure(cause, kind)), place: place)
        }
    }

    private func failure(_ error: any Error, _ kind: Operation.Kind) -> RelayFailure {
        let isMutation = kind == .mutation
        switch error {
        case SessionError.outcomeUnknown:
            return unknownOutcome("the upstream's answer didn't come, or couldn't be taken")
        case SessionError.linkLost where isMutation, SessionError.closed where isMutation:
            return unknownOutcome("the link to the upstream was lost")
        case SessionError.timedOut, is CancellationError:
            if isMutation { return unknownOutcome("the upstream didn't answer it in time", status: 504) }
            if needsLink, !statistics.isUpstreamLive.load(ordering: .relaxed) { return unavailable }
            return RelayFailure(.timedOut, "the upstream didn't answer the query in time")
        case SessionError.noResult:
            return RelayFailure(.noResult, "the upstream ended the \(kind.rawValue) without a result")
        case SessionError.invalidResult(let reason):
            return RelayFailure(.noResult, "the upstream sent what is no result of the \(kind.rawValue): \(reason)")
        case SessionError.inParts:
            return RelayFailure(.noResult, "the upstream sent the first of several results, unasked")
        case SessionError.tooLarge:
            return RelayFailure(.messageTooLarge, "the answer to the \(kind.rawValue) is larger than --max-message")
        case let refusal as QuarantinedOperation:
            return refusal.failure
        case is HTTPFailure:
            return RelayFailure(
                .noResult,
                "the upstream gave no answer over HTTP that is a result of the \(kind.rawValue)"
            )
        default:
            return unavailable
        }
    }

    private func unknownOutcome(_ cause: String, status: Int? = nil) -> RelayFailure {
        RelayFailure(.outcomeUnknown, "nobody knows whether the mutation was executed: \(cause)", status: status)
    }
}
