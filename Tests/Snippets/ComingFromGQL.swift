import Backoffs
import GraphQLSession
import GraphQLSessionCodable
import GraphQLTransport

/// The code of the page for people who come from gql.
enum ComingFromGQL {
    static func connect(to url: String) async throws -> PermanentSession {
        // snippet
        let client = GraphQLClient(endpoint: try Endpoint(parsing: url))
        let session = try await client.connect()
        // end
        return session
    }

    static func connect(_ client: GraphQLClient) async throws -> PermanentSession {
        // snippet
        let session = try await client.connect(
            retryConnect: .fibonacci(max: .seconds(30)).limited(time: .seconds(300)),
            retryExecute: .constant(.milliseconds(200)).limited(tries: 3)
        )
        // end
        return session
    }

    static func use(_ client: GraphQLClient, _ query: GraphQLRequest) async throws -> String {
        // snippet
        let text = try await client.withSession { session in
            try await session.execute(query).text
        }
        // end
        return text
    }

    static func watchTheFirst(_ client: GraphQLClient, show: @escaping @Sendable (String) -> Void) async throws {
        // snippet
        let session = try await client.connect(onEvent: { event in show("\(event)") })
        // end
        await session.close()
    }

    static func bound(_ session: PermanentSession, _ query: GraphQLRequest) async throws -> ExecutionResult {
        // snippet
        let result = try await session.execute(query, timeout: .seconds(2))
        // end
        return result
    }

    static func execute(_ session: PermanentSession, show: (String) -> Void) async throws {
        // snippet
        let query = try GraphQLRequest(
            query: "query ($code: ID!) { continent(code: $code) { name } }",
            variables: #"{"code":"EU"}"#
        )
        let result = try await session.execute(query)
        show(result.text)  // {"data":{"continent":{"name":"Europe"}}}
        // end
    }

    static func decode(_ session: PermanentSession, code: String) async throws -> String? {
        // snippet
        struct Answer: Decodable {
            struct Continent: Decodable { let name: String }
            let continent: Continent?
        }

        let query = try GraphQLRequest(
            query: "query ($code: ID!) { continent(code: $code) { name } }",
            variables: ["code": code]
        )
        let answer = try await session.execute(query).decode(Answer.self)
        // end
        return answer.continent?.name
    }

    static func tellErrorsApart(_ session: PermanentSession, _ request: GraphQLRequest, show: (String) -> Void) async {
        // snippet
        do {
            show(try await session.execute(request).text)
        } catch let error as QueryError {
            for error in error.errors { show("\(error.code ?? "error") at \(error.path): \(error.message)") }
        } catch SessionError.outcomeUnknown(let reason) {
            show("the mutation may have been executed: \(reason)")
        } catch SessionError.ended(let failure) {
            show("the session gave up: \(failure)")
        } catch {
            show("no answer: \(error)")
        }
        // end
    }

    static func mutate(_ session: PermanentSession, _ rename: GraphQLRequest) async throws -> ExecutionResult {
        // snippet
        let result = try await session.execute(rename, isIdempotent: true)
        // end
        return result
    }

    static func subscribe(_ session: PermanentSession, show: (String) -> Void) async throws {
        // snippet
        let countdown = try GraphQLRequest(query: "subscription { countdown(from: 3) }")
        for try await payload in try await session.subscribe(countdown).payloads {
            if let error = payload.error { throw error }
            show(payload.text)
        }
        // end
    }

    static func subscribeInBatches(
        _ session: PermanentSession,
        _ countdown: GraphQLRequest,
        show: (String) -> Void
    ) async throws {
        // snippet
        for try await batch in try await session.subscribe(countdown) {
            for payload in batch { show(String(decoding: payload, as: UTF8.self)) }
        }
        // end
    }

    static func retryLoop(_ session: PermanentSession, _ ticks: GraphQLRequest, show: (String) -> Void) async throws {
        // snippet
        try await retry(.exponential(max: .seconds(60)).limited(tries: 3)) {
            for try await batch in try await session.subscribe(ticks) {
                for payload in batch { show(String(decoding: payload, as: UTF8.self)) }
            }
        }
        // end
    }

    static func keepAlive(_ session: PermanentSession, _ ticks: GraphQLRequest, show: (String) -> Void) async {
        // snippet
        let patience = Backoff.exponential(factor: .milliseconds(250), max: .seconds(30)).givingUp { error in
            switch error {
            case SessionError.closed, SessionError.ended, is QueryError: true
            default: false
            }
        }
        for await event in restarting(with: patience, { try await session.subscribe(ticks) }) {
            switch event {
            case .next(let batch):
                if batch.dropped > 0 { show("too slow: \(batch.dropped) dropped") }
                for payload in batch { show(String(decoding: payload, as: UTF8.self)) }
            case .interrupted(let reason): show("interrupted: \(reason.error)")
            case .resumed: show("resumed, events may be missing")
            case .ended: show("over")
            }
        }
        // end
    }

    static func watch(_ session: PermanentSession, show: (String) -> Void) async {
        // snippet
        for await event in session.events {
            switch event {
            case .connecting(let attempt): show("connecting, attempt \(attempt)")
            case .connected(let generation): show("connected, link \(generation)")
            case .disconnected(let failure, let wait): show("\(failure); next attempt in \(wait)")
            case .ended(let failure): show("gave up: \(failure)")
            case .closed: show("closed")
            }
        }
        // end
    }

    static func configure(
        _ endpoint: Endpoint,
        freshToken: @escaping @Sendable () async throws -> String
    ) -> GraphQLClient {
        // snippet
        var configuration = SessionConfiguration()
        configuration.headers = { [(name: "Authorization", value: "Bearer \(try await freshToken())")] }
        configuration.initPayload = { #"{"token":"\#(try await freshToken())"}"# }
        configuration.subprotocols = [.transport]
        configuration.closeCodes[.policyViolation] = .retry
        configuration.pingInterval = .seconds(30)
        configuration.waitLimit = .seconds(5)
        let client = GraphQLClient(endpoint: endpoint, configuration: configuration)
        // end
        return client
    }

    static func split(_ endpoint: Endpoint) -> GraphQLClient {
        // snippet
        var client = GraphQLClient(endpoint: endpoint)
        client.configuration.httpEndpoint = { "https://localhost:4000/graphql" }
        // end
        return client
    }

    static func sendHeaders(_ session: PermanentSession, _ query: GraphQLRequest) async throws -> ExecutionResult {
        // snippet
        let result = try await session.execute(query, headers: [(name: "X-Request-Id", value: "7")])
        // end
        return result
    }

    static func overHTTP() async throws -> PermanentSession {
        // snippet
        var client = GraphQLClient(endpoint: nil)
        client.configuration.httpEndpoint = { "https://localhost:4000/graphql" }
        let session = try await client.connect()
        // end
        return session
    }

    static func close(_ session: PermanentSession) async {
        // snippet
        await session.close()
        // end
    }
}
