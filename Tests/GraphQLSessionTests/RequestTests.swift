import GraphQLTransport
import Testing

@testable import GraphQLSession

struct RequestTests {
    @Test func `a request keeps its parts as they are`() throws {
        let request = try Request(
            query: "subscription S($a: Int) { n(a: $a) }",
            operationName: "S",
            variables: #"{ "a" : 1e3 }"#,
            extensions: "{}"
        )
        #expect(request.message.query == "subscription S($a: Int) { n(a: $a) }")
        #expect(request.message.operationName == "S")
        #expect(request.message.variables == Array(#"{ "a" : 1e3 }"#.utf8))
        #expect(request.message.extensions == Array("{}".utf8))
        #expect(try Request(query: "{ a }").message.variables == nil)
    }

    @Test(arguments: ["", "null", "[]", "1", "{", #"{"a":1}{"#, #"{"a":1,}"#, "{} x"])
    func `variables and extensions that are no JSON object are refused`(text: String) {
        #expect(throws: InvalidRequest.self) { try Request(query: "{ a }", variables: text) }
        #expect(throws: InvalidRequest.self) { try Request(query: "{ a }", extensions: text) }
    }
}
