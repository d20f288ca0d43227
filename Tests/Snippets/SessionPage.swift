import Backoffs
import GraphQLSession
import GraphQLTransport

/// The code of the landing page of `GraphQLSession`, and of the one about close codes.
enum SessionPage {
    static func overview() async throws {
        // snippet
        let client = GraphQLClient(endpoint: try Endpoint(parsing: "ws://localhost:4000/graphql"))
        let session = try await client.connect()

        let continent = try GraphQLRequest(query: #"{ continent(code: "EU") { name } }"#)
        print(try await session.execute(continent).text)

        let news = try GraphQLRequest(query: "subscription { news { title } }")
        for await event in restarting(with: .exponential(max: .seconds(30)), { try await session.subscribe(news) }) {
            if case .next(let batch) = event {
                for payload in batch { print(String(decoding: payload, as: UTF8.self)) }
            }
        }

        await session.close()
        // end
    }

    static func closeCodes() -> SessionConfiguration {
        var configuration = SessionConfiguration()
        // snippet
        configuration.closeCodes[.policyViolation] = .retry
        configuration.closeCodes[.goingAway] = .fatal
        // end
        return configuration
    }

    static func goOn(_ endpoint: Endpoint, _ news: GraphQLRequest, _ backoff: Backoff) async throws {
        // snippet
        var configuration = SessionConfiguration()
        configuration.asksForTokens = true
        let session = try await GraphQLClient(endpoint: endpoint, configuration: configuration).connect()
        let point = ResumePoint()
        for await event in restarting(with: backoff, { try await session.subscribe(news, resuming: point) }) {
            if case .next(let batch) = event {
                if let reason = batch.gap { print("events may be missing: \(reason)") }
                for payload in batch { print(String(decoding: payload, as: UTF8.self)) }
            }
        }
        // end
    }
}
