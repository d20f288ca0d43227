import Backoffs
import GraphQLSession

/// The code of gql's page on its permanent session, as the page for people who come from gql has it.
enum GQLPage {
    static func keep(_ client: GraphQLClient, _ query: GraphQLRequest) async throws -> ExecutionResult {
        // snippet
        let session = try await client.connect()
        let result = try await session.execute(query)
        await session.close()
        // end
        return result
    }

    static func retryConnect(_ client: GraphQLClient) async throws -> PermanentSession {
        // snippet
        let session = try await client.connect(retryConnect: .exponential(max: .seconds(300)))
        // end
        return session
    }

    static func retryExecute(_ client: GraphQLClient) async throws -> PermanentSession {
        // snippet
        let retryExecute = Backoff.exponential().limited(tries: 3).givingUp { $0 is QueryError }
        let session = try await client.connect(retryExecute: retryExecute)
        // end
        return session
    }

    static func retrySubscription(
        _ session: PermanentSession,
        _ subscription: GraphQLRequest,
        show: (String) -> Void
    ) async throws {
        // snippet
        let rule = Backoff.exponential().limited(tries: 3).givingUp { $0 is QueryError }
        try await retry(rule) {
            for try await payload in try await session.subscribe(subscription).payloads {
                if let error = payload.error { throw error }
                show(payload.text)
            }
        }
        // end
    }
}
