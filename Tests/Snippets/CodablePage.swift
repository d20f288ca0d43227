import GraphQLSession
import GraphQLSessionCodable

/// The code of the landing page of `GraphQLSessionCodable`, and of its doc comments.
enum CodablePage {
    struct Answer: Decodable {
        struct Continent: Decodable { let name: String }
        let continent: Continent?
    }

    struct Tick: Decodable { let countdown: Int }

    static func overview(_ session: PermanentSession, show: (String) -> Void) async throws {
        // snippet
        let query = "query ($code: ID!) { continent(code: $code) { name } }"
        let request = try GraphQLRequest(query: query, variables: ["code": "EU"])
        let answer = try await session.execute(request).decode(Answer.self)
        show(answer.continent?.name ?? "no such continent")

        let ticks = try GraphQLRequest(query: "subscription { countdown(from: 3) }")
        for try await payload in try await session.subscribe(ticks).payloads {
            show("\(try payload.decode(Tick.self).countdown)")
        }
        // end
    }

    static func variables(_ query: String) throws -> GraphQLRequest {
        // snippet
        struct Variables: Encodable { let code: String }
        let request = try GraphQLRequest(query: query, variables: Variables(code: "EU"))
        // end
        return request
    }

    static func result(_ session: PermanentSession, _ request: GraphQLRequest) async throws -> String? {
        // snippet
        struct Answer: Decodable { let continent: [String: String]? }
        let answer = try await session.execute(request).decode(Answer.self)
        // end
        return answer.continent?["name"]
    }

    static func payload(_ subscription: Subscription, show: (Int) -> Void) async throws {
        // snippet
        for try await payload in subscription.payloads {
            show(try payload.decode(Tick.self).countdown)
        }
        // end
    }
}
