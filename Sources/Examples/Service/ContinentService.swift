import Backoffs
import FlyingFox
import FlyingSocks
import FoundationEssentials
import GraphQLSession

/// An HTTP service on one permanent session, however many requests it serves: `GET /continent?code=EU`.
///
/// ```
/// ContinentService ws://localhost:4000/graphql 8000
/// ```
@main enum ContinentService {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        var client = GraphQLClient(endpoint: try Endpoint(parsing: arguments.first ?? "ws://localhost:4000/graphql"))
        // While the backend is away a request waits this long, then it is answered with 503.
        client.configuration.waitLimit = .seconds(1)
        // A backend that refuses us with a fatal close code is asked again sooner than after a minute.
        client.configuration.fatalPause = .seconds(30)
        // The limit holds for the first link too: the service may be started before its backend.
        let session = try await retry(.constant(.seconds(1))) { try await client.connect() }

        guard let port = UInt16(arguments.dropFirst().first ?? "8000") else { fatalError("the port is no number") }
        let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: port))
        await server.appendRoute("GET /continent") { request in
            guard let code = request.query["code"], code.utf8.count == 2, code.allSatisfy(\.isLetter) else {
                return json(.badRequest, #"{"errors":[{"message":"code must be two letters"}]}"#)
            }
            let query = "query ($code: ID!) { continent(code: $code) { name } }"
            do {
                let result = try await session.execute(GraphQLRequest(query: query, variables: #"{"code":"\#(code)"}"#))
                return json(.ok, result.text)
            } catch let error as QueryError {
                return json(.badGateway, #"{"errors":\#(String(decoding: error.rawErrors, as: UTF8.self))}"#)
            } catch {
                return json(.serviceUnavailable, #"{"errors":[{"message":"the backend is away"}]}"#)
            }
        }
        try await server.run()
    }

    private static func json(_ status: HTTPStatusCode, _ body: String) -> HTTPResponse {
        HTTPResponse(statusCode: status, headers: [.contentType: "application/json"], body: Data(body.utf8))
    }
}
