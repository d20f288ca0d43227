internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// Runs clients' queries and mutations on the upstream session, a bounded number at a time, and answers over HTTP.
///
/// Shared by all shards; none of them waits for it.
final class Executor: Sendable {
    /// How long a client waits for its answer; libwebsockets cuts it off after 20 s.
    static let patience = Duration.seconds(15)

    private let session: Session
    private let statistics: Statistics
    private let patience: Duration
    private let needsLink: Bool
    private let guardian: Upstream?
    private let places: Mutex<ExecutionPlaces>

    /// - Parameters:
    ///   - limit: Most queries at a time, from when they begin until their answers are out.
    ///   - patience: How long a client waits for its answer.
    ///   - needsLink: False when the session has an HTTP endpoint for queries.
    ///   - guardian: What keeps an operation from breaking one link after the other.
    init(
        on session: Session,
        statistics: Statistics,
        limit: Int,
        patience: Duration = patience,
        needsLink: Bool = true,
        guardian: Upstream? = nil
    ) {
        self.session = session
        self.statistics = statistics
        self.patience = patience
        self.needsLink = needsLink
        self.guardian = guardian
        places = Mutex(ExecutionPlaces(limit: limit))
    }

    /// How many queries run, or have answers that aren't out.
    var running: Int { places.withLock { $0.taken } }

    /// Runs a query and answers with its result, made fit by `form`; call it on the exchange's loop.
    func run(
        _ request: Request,
        _ mediaType: GraphQLMediaType = .json,
        for exchange: HTTPExchange,
        on loop: EventLoop,
        form: @escaping @Sendable (HTTPResponse) -> HTTPResponse = { $0 }
    ) {
        run(request, mediaType, from: ClientNetwork(of: exchange.peer)) { response, over in
            loop.execute { exchange.respond(form(response), over: over) }
        }
    }

    /// Runs a query and hands the response over, now or later, on any thread.
    ///
    /// - Parameter answer: Gets the response and what it has to call, once, when that is out: until then it counts.
    func run(
        _ request: Request,
        _ mediaType: GraphQLMediaType = .json,
        from network: ClientNetwork,
        _ answer: @escaping @Sendable (HTTPResponse, _ over: @escaping @Sendable () -> Void) -> Void
    ) {
        guard needsLink ? statistics.isReady : !statistics.isDraining.load(ordering: .relaxed) else {
            return answer(Self.unavailable("the upstream is not connected", mediaType)) {}
        }
        guard places.withLock({ $0.take(network) }) else {
            statistics.refusedExecutions.add(1, ordering: .relaxed)
            return answer(Self.unavailable("too many queries at a time", mediaType)) {}
        }
        statistics.executions.add(1, ordering: .relaxed)
        // Not the shared pool, which may be busy for ever; nor the shard's loop, since the result is made on this one.
        Task(executorPreference: session.loop) {
            answer(await self.response(to: request, mediaType)) {
                self.places.withLock { $0.leave(network) }
                self.statistics.executions.subtract(1, ordering: .relaxed)
            }
        }
    }

    private func response(to request: Request, _ mediaType: GraphQLMediaType) async -> HTTPResponse {
        do {
            let result = try await session.execute(request, within: patience, guardian: guardian)
            return HTTPResponse(contentType: mediaType.rawValue, body: result.bytes)
        } catch let error as QueryError {
            let data = error.data.map { Array(#","data":"#.utf8) + $0 } ?? []
            let body = Array(#"{"errors":"#.utf8) + error.errors + data + [UInt8(ascii: "}")]
            // Without data nothing was executed.
            let status = error.data == nil ? mediaType.requestErrorStatus : 200
            return HTTPResponse(status: status, contentType: mediaType.rawValue, body: body)
        } catch let refusal as QuarantinedOperation {
            let body = Array(#"{"errors":"#.utf8) + refusal.errors + Array("}\n".utf8)
            return HTTPResponse(
                status: 422,
                contentType: mediaType.rawValue,
                headers: [QueryItem(name: "Retry-After", value: "\(refusal.time.components.seconds + 1)")],
                body: body
            )
        } catch SessionError.timedOut {
            return Self.failure("the upstream didn't answer in time", status: 504, mediaType)
        } catch SessionError.outcomeUnknown, SessionError.noResult {
            return Self.failure("the upstream ended the operation without a result", status: 502, mediaType)
        } catch let failure as HTTPFailure {
            // What is wrong with the request itself is for who made it; the rest is between relay and upstream.
            if failure.status == 400 || failure.status == 422, let errors = failure.errors {
                let body = Array(#"{"errors":"#.utf8) + errors + [UInt8(ascii: "}")]
                let status = mediaType.requestErrorStatus
                return HTTPResponse(status: status, contentType: mediaType.rawValue, body: body)
            }
            return Self.failure("the upstream gave no answer over HTTP that is a result", status: 502, mediaType)
        } catch is CancellationError {
            return statistics.isReady
                ? Self.failure("the upstream didn't answer in time", status: 504, mediaType)
                : Self.unavailable("the upstream is not connected", mediaType)
        } catch {
            return Self.unavailable("the upstream is not connected", mediaType)
        }
    }

    /// An answer of the relay's own, in the form of a GraphQL response.
    static func failure(
        _ message: String,
        status: Int,
        _ mediaType: GraphQLMediaType = .json,
        headers: [QueryItem] = []
    ) -> HTTPResponse {
        var body = Array(#"{"errors":[{"message":"#.utf8)
        JSONString.append(message, to: &body)
        body += Array("}]}\n".utf8)
        return HTTPResponse(status: status, contentType: mediaType.rawValue, headers: headers, body: body)
    }

    private static func unavailable(_ message: String, _ mediaType: GraphQLMediaType) -> HTTPResponse {
        failure(message, status: 503, mediaType, headers: [QueryItem(name: "Retry-After", value: "5")])
    }
}
