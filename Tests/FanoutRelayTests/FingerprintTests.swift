import GraphQLSession
import GraphQLTransport
import Testing

@testable import FanoutRelay

struct FingerprintTests {
    private func key(_ text: String, extensions: String?) throws -> OperationKey {
        let document = try Document(parsing: text)
        return try OperationKey(
            document: document,
            operation: document.operation(named: nil),
            extensions: extensions.map { Array($0.utf8) }
        )
    }

    @Test(arguments: [nil, "{}", #"{"a":1}"#, #"{"a":2,"b":[]}"#])
    func `a client that varies extensions is known by its operation`(extensions: String?) throws {
        let plain = try #require(try Fingerprint(GraphQLRequest(query: "{ n }")))
        #expect(try Fingerprint(GraphQLRequest(query: "{ n }", extensions: extensions)) == plain)
        #expect(try Fingerprint(key("{ n }", extensions: extensions)) == plain)
        #expect(try Fingerprint(key("{ m }", extensions: extensions)) != plain)
        #expect(
            try Fingerprint(GraphQLRequest(query: "{ n }", variables: #"{"v":1}"#, extensions: extensions)) != plain
        )
    }
}
