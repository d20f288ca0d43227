import GraphQLSession

/// A console on one permanent session: a continent's code or a whole query in, the answer out.
///
/// ```
/// ContinentConsole ws://localhost:4000/graphql
/// ```
@main enum ContinentConsole {
    static func main() async throws {
        let url = CommandLine.arguments.dropFirst().first ?? "ws://localhost:4000/graphql"
        var client = GraphQLClient(endpoint: try Endpoint(parsing: url))
        // A question waits this long for a backend that is away; the session itself never stops trying.
        client.configuration.waitLimit = .seconds(30)
        let session = try await client.connect()
        print("A continent's code, such as EU, or a query on one line; Ctrl-D ends it.")
        while let line = readLine() {
            do {
                print(try await session.execute(request(for: line)).text)
            } catch {
                print("error: \(error)")
            }
        }
        await session.close()
    }

    private static func request(for line: String) throws -> GraphQLRequest {
        guard line.utf8.count == 2, line.allSatisfy(\.isLetter) else { return try GraphQLRequest(query: line) }
        return try GraphQLRequest(
            query: "query ($code: ID!) { continent(code: $code) { name } }",
            variables: #"{"code":"\#(line.uppercased())"}"#
        )
    }
}
