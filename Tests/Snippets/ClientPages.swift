import Backoffs
import GraphQLSession

/// The code of the pages for clients and of the recipes.
enum ClientPages {
    static func client() async throws {
        // snippet
        let relay = GraphQLClient(endpoint: try Endpoint(parsing: "ws://127.0.0.1:8080/graphql"))
        let session = try await relay.connect()
        let prices = try GraphQLRequest(query: "subscription { prices { symbol price at } }")
        for await event in restarting(with: .exponential(max: .seconds(30)), { try await session.subscribe(prices) }) {
            if case .next(let batch) = event {
                for payload in batch { print(String(decoding: payload, as: UTF8.self)) }
            }
        }
        // end
    }
}
