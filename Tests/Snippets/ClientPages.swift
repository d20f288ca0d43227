import Backoffs
import GraphQLSession
import GraphQLSessionCodable

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

    static func recipe() async throws {
        // snippet
        struct Event: Decodable {
            struct Price: Decodable { let symbol: String, price: Double }
            let prices: Price
        }
        let client = GraphQLClient(endpoint: try Endpoint(parsing: "ws://localhost:4000/graphql"))
        let session = try await client.connect()
        let request = try GraphQLRequest(query: "subscription { prices { symbol price } }")
        for try await payload in try await session.subscribe(request).payloads {
            let event = try payload.decode(Event.self)
            print(event.prices.symbol, event.prices.price)
        }
        // end
    }
}
