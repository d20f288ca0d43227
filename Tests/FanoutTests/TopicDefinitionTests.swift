import GraphQLTransport
import Testing

@testable import Fanout

struct TopicDefinitionTests {
    @Test(arguments: ["a", "A-z_0.9", String(repeating: "n", count: 64)])
    func `a name of allowed characters is taken`(name: String) throws {
        let topic = try TopicDefinition(name: name, document: "subscription { a }")
        try topic.check()
        #expect(topic.name == name)
        #expect(topic.snapshot == .none)
    }

    @Test(arguments: ["", "a b", "a/b", "ä", "a\n", "a%20", "\"", String(repeating: "n", count: 65)])
    func `another name is refused`(name: String) {
        let error = #expect(throws: TopicError.self) {
            try TopicDefinition(name: name, document: "subscription { a }")
        }
        #expect(error?.description.hasPrefix("topic '\(name)': a topic's name has 1 to 64 letters") == true)
    }

    struct Bad: CustomTestStringConvertible {
        var document: String
        var operationName: String?
        var variables: String?
        let problem: String
        var testDescription: String { problem }
    }

    @Test(arguments: [
        Bad(document: "query { a }", problem: "its document is a query, not a subscription"),
        Bad(document: "{ a }", problem: "its document is a query, not a subscription"),
        Bad(document: "mutation { a }", problem: "its document is a mutation, not a subscription"),
        Bad(document: "", problem: "no operation"),
        Bad(document: "subscription { a", problem: "end"),
        Bad(document: "type A { a: Int }", problem: "type"),
        Bad(document: "subscription { a(b:) }", problem: "unexpected ) at line 1, column 20"),
        Bad(document: "subscription { a b }", problem: "\"b\" is another one at line 1, column 18"),
        Bad(document: "subscription { ...F }", problem: "no fragment is named \"F\", at line 1, column 19"),
        Bad(document: "subscription A { a } subscription B { b }", problem: "operationName must name one of them"),
        Bad(
            document: "subscription A { a } subscription B { b }",
            operationName: "C",
            problem: "no operation named \"C\""
        ),
        Bad(document: "subscription { a }", variables: "[1]", problem: "object"),
        Bad(document: "subscription { a }", variables: "{\"a\":", problem: ""),
        Bad(document: "subscription { a }", variables: #"{"a":"\uD83D"}"#, problem: "variables has a lone surrogate"),
        Bad(document: #"subscription { a(s: "\uDE00") }"#, problem: "a lone surrogate"),
    ])
    func `what can't be sent is refused in one line`(bad: Bad) throws {
        var topic = try TopicDefinition(name: "a", document: bad.document)
        topic.operationName = bad.operationName
        topic.variables = bad.variables
        let error = #expect(throws: TopicError.self) { try topic.check() }
        let text = try #require(error?.description)
        #expect(text.hasPrefix("topic 'a': "))
        #expect(text.contains(bad.problem) || text.lowercased().contains(bad.problem))
        #expect(!text.contains("\n"))
    }

    @Test func `one operation of several is chosen by its name`() throws {
        var topic = try TopicDefinition(name: "a", document: "subscription A { a } query B { b }")
        topic.operationName = "A"
        topic.variables = #"{"x":1}"#
        try topic.check()
        topic.operationName = "B"
        #expect(throws: TopicError(name: "a", problem: "its document is a query, not a subscription")) {
            try topic.check()
        }
    }

    @Test(arguments: [
        ("subscription { a }", "its refetch is a subscription, not a query"),
        ("mutation { a }", "its refetch is a mutation, not a query"),
        ("query A { a } query B { b }", "its refetch: "), ("{ a", "its refetch: "), ("", "its refetch: "),
    ])
    func `a refetch that is no query is refused`(refetch: String, problem: String) throws {
        var topic = try TopicDefinition(name: "a", document: "subscription { a }")
        topic.refetch = refetch
        let error = #expect(throws: TopicError.self) { try topic.check() }
        #expect(error?.description.hasPrefix("topic 'a': \(problem)") == true)
    }

    @Test func `a refetch gets the topic's variables if it declares any`() throws {
        var topic = try TopicDefinition(name: "a", document: "subscription ($x: Int) { a(x: $x) }")
        topic.variables = #"{"x":1}"#
        #expect(try topic.refetchRequest() == nil)
        topic.refetch = "query ($x: Int) { a(x: $x) }"
        try topic.check()
        #expect(try topic.refetchRequest() == GraphQLRequest(query: topic.refetch ?? "", variables: topic.variables))
        topic.refetch = "{ a }"
        #expect(try topic.refetchRequest() == GraphQLRequest(query: "{ a }"))
    }
}
