import GraphQLTransport
import Testing

@Suite struct GraphQLRequestTests {
    @Test func `a request keeps its parts as they are`() throws {
        let request = try GraphQLRequest(
            query: "subscription S($a: Int) { n(a: $a) }",
            operationName: "S",
            variables: #"{ "a" : 1e3 }"#,
            extensions: "{}"
        )
        #expect(request.query == "subscription S($a: Int) { n(a: $a) }")
        #expect(request.operationName == "S")
        #expect(request.variables == #"{ "a" : 1e3 }"#.bytes)
        #expect(request.extensions == "{}".bytes)
        #expect(try GraphQLRequest(query: "{ a }").variables == nil)
    }

    @Test(arguments: ["", "null", "[]", "1", "{", #"{"a":1}{"#, #"{"a":1,}"#, "{} x"])
    func `variables and extensions that are no JSON object are refused`(text: String) {
        #expect(throws: InvalidRequest.self) { try GraphQLRequest(query: "{ a }", variables: text) }
        #expect(throws: InvalidRequest.self) { try GraphQLRequest(query: "{ a }", extensions: text) }
    }

    @Test func `requests are the same byte by byte`() throws {
        let composed = try GraphQLRequest(
            query: "{ a(x: \"\u{e9}\") }",
            operationName: "\u{e9}",
            variables: #"{"v":1}"#
        )
        let others = [
            try GraphQLRequest(query: "{ a(x: \"e\u{301}\") }", operationName: "\u{e9}", variables: #"{"v":1}"#),
            try GraphQLRequest(query: "{ a(x: \"\u{e9}\") }", operationName: "e\u{301}", variables: #"{"v":1}"#),
            try GraphQLRequest(query: "{ a(x: \"\u{e9}\") }", operationName: "\u{e9}", variables: #"{"v": 1}"#),
            try GraphQLRequest(query: "{ a(x: \"\u{e9}\") }", operationName: "\u{e9}"),
            try GraphQLRequest(query: "{ a(x: \"\u{e9}\") }", variables: #"{"v":1}"#),
            try GraphQLRequest(
                query: "{ a(x: \"\u{e9}\") }",
                operationName: "\u{e9}",
                variables: #"{"v":1}"#,
                extensions: "{}"
            ),
        ]
        for other in others { #expect(other != composed) }
        #expect(Set(others + [composed, others[0]]).count == others.count + 1)
        #expect(others[5].with(readExtensions: nil) == composed)
        #expect(try GraphQLRequest(query: "{ a }", operationName: "") != GraphQLRequest(query: "{ a }"))
    }
}
