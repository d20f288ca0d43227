internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// Runs clients' queries and mutations on the upstream session, a bounded number at a time, and answers over HTTP.
///
/// Shared by all shards; none of them waits for it.
final class Executor: Sendable {
    private let session: Session
    private let statistics: Statistics
    private let limit: Int
    private let patience: Duration
    private let running = Atomic(0)

    /// - Parameters:
    ///   - limit: Most queries at a time.
    ///   - patience: How long a client waits for its answer; libwebsockets cuts it off after 20 s.
    init(on session: Session, statistics: Statistics, limit: Int, patience: Duration = .seconds(15)) {
        self.session = session
        self.statistics = statistics
        self.limit = limit
        self.patience = patience
    }

    /// Runs a query and hands the response over, now or later, on any thread.
    func run(
        _ request: Request,
        _ mediaType: GraphQLMediaType = .json,
        _ answer: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        guard statistics.isReady else { return answer(Self.unavailable("the upstream is not connected", mediaType)) }
        guard running.add(1, ordering: .relaxed).newValue <= limit else {
            running.subtract(1, ordering: .relaxed)
            return answer(Self.unavailable("too many queries at a time", mediaType))
        }
        Task { @concurrent in
            let response = await self.response(to: request, mediaType)
            self.running.subtract(1, ordering: .relaxed)
            answer(response)
        }
    }

    private func response(to request: Request, _ mediaType: GraphQLMediaType) async -> HTTPResponse {
        do {
            let result = try await session.execute(request, within: patience)
            return HTTPResponse(contentType: mediaType.rawValue, body: result.bytes)
        } catch let error as QueryError {
            let data = error.data.map { Array(#","data":"#.utf8) + $0 } ?? []
            let body = Array(#"{"errors":"#.utf8) + error.errors + data + [UInt8(ascii: "}")]
            // Without data nothing was executed.
            let status = error.data == nil ? mediaType.requestErrorStatus : 200
            return HTTPResponse(status: status, contentType: mediaType.rawValue, body: body)
        } catch SessionError.timedOut {
            return Self.failure("the upstream didn't answer in time", status: 504, mediaType)
        } catch SessionError.outcomeUnknown, SessionError.noResult {
            return Self.failure("the upstream ended the operation without a result", status: 502, mediaType)
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
