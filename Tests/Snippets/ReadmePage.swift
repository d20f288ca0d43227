import Backoffs
import GraphQLSession

/// The code of the README.
enum ReadmePage {
    static func library() async throws {
        // snippet
        let client = GraphQLClient(endpoint: try Endpoint(parsing: "ws://localhost:4000/graphql"))
        let session = try await client.connect()
        let news = try GraphQLRequest(query: "subscription { news { title } }")
        for await event in restarting(with: .exponential(max: .seconds(30)), { try await session.subscribe(news) }) {
            switch event {
            case .next(let batch): for payload in batch { print(String(decoding: payload, as: UTF8.self)) }
            case .interrupted(let reason): print("interrupted:", reason.error)
            case .resumed: print("resumed; events may be missing")
            case .ended(let end): print("gave up:", end)
            }
        }
        // end
    }
}
