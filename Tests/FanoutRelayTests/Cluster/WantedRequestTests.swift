import GraphQLTransport
import Testing
import WebSockets

@testable import FanoutRelay

/// What relays tell each other of what clients ask for.
struct WantedRequestTests {
    private static let document = "subscription S($n: Int) { manual(n: $n) { n } }"

    @Test(arguments: [
        ClientNetwork.ipv4(0), .ipv4(.max), .ipv6(1 << 63), .unknown,
    ])
    func `what is told is read`(network: ClientNetwork) throws {
        let request = try GraphQLRequest(query: Self.document, operationName: "S", variables: #"{"n":1}"#)
        let document = try Document(parsing: Self.document)
        let key = try OperationKey(
            document: document,
            operation: document.operation(named: "S"),
            variables: request.variables
        )
        let told = TopicRequest(number: 1, key: key, request: request, network: network, isShared: true)
        let wanted = try #require(WantedRequest(WantedRequest.bytes(told)))
        #expect(wanted.network == network)
        #expect(wanted.key == key)
        #expect(wanted.request.query == request.query)
        #expect(
            WantedRequest.bytes(told)
                == WantedRequest.bytes(
                    TopicRequest(number: 2, key: wanted.key, request: wanted.request, network: network, isShared: false)
                )
        )
    }

    @Test(arguments: [
        "", "\n", "-", "-\n", "-\n{}", "-\nnull", "-\n[]", "-\n{\"query\":1}", "-\n{\"query\":\"\"}",
        "-\n{\"query\":\"{ a }\"}", "-\n{\"query\":\"mutation { a }\"}", "-\n{\"query\":\"subscription {\"}",
        "-\n{\"query\":\"subscription { a } subscription B { b }\"}",
        "-\n{\"query\":\"subscription A { a }\",\"operationName\":\"B\"}",
        "-\n{\"query\":\"subscription { a }\",\"variables\":[]}", "-\n{\"query\":\"subscription { a }\"",
        "\n{\"query\":\"subscription { a }\"}", "4\n{\"query\":\"subscription { a }\"}",
        "4 4294967296\n{\"query\":\"subscription { a }\"}", "4 -1\n{\"query\":\"subscription { a }\"}",
        "6 18446744073709551616\n{\"query\":\"subscription { a }\"}", "5 1\n{\"query\":\"subscription { a }\"}",
    ])
    func `what is no subscription is passed over`(text: String) {
        #expect(WantedRequest(Array(text.utf8)) == nil)
    }

    @Test func `the least request is read`() throws {
        let wanted = try #require(WantedRequest(Array("-\n{\"query\":\"subscription { a }\"}".utf8)))
        #expect(wanted.request.query == "subscription { a }")
    }
}
