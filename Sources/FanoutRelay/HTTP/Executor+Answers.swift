internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// From what the session says to what a client is told.
extension Executor {
    /// Runs an operation that has its place.
    func answer(_ ticket: ExecutionTicket, _ place: ExecutionPlace) async {
        if ticket.operation.isIncremental {
            await stream(ticket, place)
            clearDeadline(of: ticket)
        } else {
            ticket.deliver(admit(await content(of: ticket), ticket, place))
        }
        ticket.finish()
    }

    /// An answer that may be held, or why it may not.
    private func admit(_ content: Answer.Content, _ ticket: ExecutionTicket, _ place: ExecutionPlace) -> Answer {
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

    /// Why an answer isn't given that the server gave.
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

    private func content(of ticket: ExecutionTicket) async -> Answer.Content {
        let kind = ticket.operation.kind
        do {
            let result = try await session.execute(ticket.operation.request, within: limits.patience)
            guard !IncrementalDelivery.hasNext(result.bytes.span) else {
                return .failure(RelayFailure(.noResult, "the upstream sent the first of several results, unasked"))
            }
            return .result(result.bytes, hasData: true)
        } catch let error as QueryError {
            // Without data nothing was executed.
            guard let data = error.data else { return .refused(errors: error.errors) }
            return .result(
                Array(#"{"errors":"#.utf8) + error.errors + Array(#","data":"#.utf8) + data + [UInt8(ascii: "}")],
                hasData: true
            )
        } catch let failure as HTTPFailure where failure.status == 400 || failure.status == 422 {
            // What is wrong with the request itself is for who made it; the rest is between relay and upstream.
            return failure.errors.map { .refused(errors: $0) } ?? .failure(self.failure(failure, kind))
        } catch {
            return .failure(failure(error, kind))
        }
    }

    /// Hands over result after result, until the server ends the operation.
    private func stream(_ ticket: ExecutionTicket, _ place: ExecutionPlace) async {
        let kind = ticket.operation.kind
        var hasBegun = false
        do {
            setDeadline(of: ticket, after: limits.patience)
            guard needsLink else {
                let message = "@defer and @stream are not served where queries go over HTTP (--execute-url)"
                throw RelayFailure(.incrementalDelivery, message)
            }
            let subscription = try await session.subscribe(ticket.operation.request)
            for try await batch in subscription {
                guard batch.dropped == 0 else {
                    throw RelayFailure(.interrupted, "results came faster than the relay could take them")
                }
                for payload in batch {
                    hasBegun = true
                    let answer = admit(.part(Array(payload)), ticket, place)
                    ticket.deliver(answer)
                    // To let go of the subscription tells the server.
                    if case .failure = answer.content { return }
                }
                setDeadline(of: ticket, after: limits.patience)
            }
            guard hasBegun else { throw SessionError.noResult }
            ticket.deliver(Answer(.end, place: place))
        } catch SessionError.graphQL(let errors) {
            ticket.deliver(admit(.refused(errors: errors), ticket, place))
        } catch SessionError.linkLost where hasBegun && kind != .mutation {
            let failure = RelayFailure(.interrupted, "the link to the upstream was lost before the last result")
            ticket.deliver(Answer(.failure(failure), place: place))
        } catch let failure as RelayFailure {
            ticket.deliver(Answer(.failure(failure), place: place))
        } catch {
            let cause: any Error = ticket.hasExpired ? SessionError.timedOut : error
            ticket.deliver(Answer(.failure(failure(cause, kind)), place: place))
        }
    }

    private func failure(_ error: any Error, _ kind: Operation.Kind) -> RelayFailure {
        let isMutation = kind == .mutation
        switch error {
        case SessionError.outcomeUnknown:
            return unknownOutcome("the upstream didn't answer it")
        case SessionError.linkLost where isMutation, SessionError.closed where isMutation:
            return unknownOutcome("the link to the upstream was lost")
        case SessionError.timedOut, is CancellationError, SessionError.cancelled:
            if isMutation { return unknownOutcome("the upstream didn't answer it in time", status: 504) }
            if needsLink, !statistics.isUpstreamLive.load(ordering: .relaxed) { return unavailable }
            return RelayFailure(.timedOut, "the upstream didn't answer the query in time")
        case SessionError.noResult:
            return RelayFailure(.noResult, "the upstream ended the \(kind.rawValue) without a result")
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
