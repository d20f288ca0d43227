import Backoffs
import GraphQLSession

/// The code in the doc comments of `GraphQLSession`.
enum SessionComments {
    static func client(_ url: String) async throws {
        // snippet
        let client = GraphQLClient(endpoint: try Endpoint(parsing: url))
        let session = try await client.connect(retryConnect: .exponential(max: .seconds(10)).limited(tries: 5))
        // end
        await session.close()
    }

    static func configuration(readToken: @escaping @Sendable () async throws -> String) -> SessionConfiguration {
        // snippet
        var configuration = SessionConfiguration()
        configuration.headers = { [(name: "Authorization", value: "Bearer \(try await readToken())")] }
        configuration.waitLimit = .seconds(5)
        // end
        return configuration
    }

    static func request() throws -> GraphQLRequest {
        // snippet
        let request = try GraphQLRequest(
            query: "query ($code: ID!) { continent(code: $code) { name } }",
            variables: #"{"code":"EU"}"#
        )
        // end
        return request
    }

    static func share(_ session: PermanentSession, _ requests: [GraphQLRequest]) async throws -> [ExecutionResult] {
        // snippet
        let results = try await withThrowingTaskGroup { group in
            for request in requests {
                group.addTask { try await session.execute(request) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // end
        return results
    }

    static func readSingly(_ subscription: Subscription, show: (String) -> Void) async throws {
        // snippet
        for try await payload in subscription.payloads {
            show(payload.text)
        }
        // end
    }

    static func goOn(_ session: PermanentSession, _ request: GraphQLRequest, _ backoff: Backoff) {
        // snippet
        let point = ResumePoint()
        let events = restarting(with: backoff) { try await session.subscribe(request, resuming: point) }
        // end
        _ = events
    }

    static func use(_ client: GraphQLClient, _ query: GraphQLRequest) async throws -> String {
        // snippet
        let name = try await client.withSession { session in try await session.execute(query).text }
        // end
        return name
    }

    static func lookAtErrors(_ patient: Backoff) -> Backoff {
        // snippet
        let careful = patient.givingUp { error in
            (error as? QueryError)?.errors.contains { $0.code == "FORBIDDEN" } ?? false
        }
        // end
        return careful
    }

    static func read(_ subscription: Subscription, show: (String) -> Void) async throws {
        // snippet
        for try await batch in subscription {
            for payload in batch { show(String(decoding: payload, as: UTF8.self)) }
        }
        // end
    }
}
