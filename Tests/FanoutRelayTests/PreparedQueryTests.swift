import GraphQLSession
import Testing

@testable import FanoutRelay

struct PreparedQueryTests {
    @Test func `values become variables of their types`() throws {
        let document = "query ($s: String!, $i: Int = 1, $f: Float, $b: Boolean) { a(x: [$s $i $f $b]) }"
        let query = try PreparedQuery(document: document)
        #expect(query.variableNames == ["s", "i", "f", "b"])
        let request = try query.request([("b", "true"), ("s", "1"), ("f", "1.50")])
        #expect(try request == GraphQLRequest(query: document, variables: #"{"s":"1","f":1.50,"b":true}"#))
    }

    @Test(arguments: [
        ([], "s of type String! is missing"), (["s", "s"], "s is given twice"),
        (["s", "z"], "z is no variable of the query"), (["s", "i"], "i must be a value of type Int"),
    ])
    func `what doesn't fit is named`(names: [String], problem: String) throws {
        let query = try PreparedQuery(document: "query ($s: String!, $i: Int) { a(s: $s, i: $i) }")
        let error = #expect(throws: InvalidValue.self) { try query.request(names.map { ($0, "x") }) }
        #expect(error?.description == problem)
    }

    @Test(arguments: ["subscription { a }", "query A { a } query B { b }", "", "query ($a) { a }"])
    func `a document must hold one query`(document: String) {
        #expect(throws: ConfigurationError.self) { try PreparedQuery(document: document) }
    }

    @Test(arguments: [("a/b", "{ a }"), ("", "{ a }"), ("m", "mutation { a }"), ("q", "{ a")])
    func `a named query is a query with a plain name`(name: String, document: String) {
        let error = #expect(throws: ConfigurationError.self) { try NamedQuery(name: name, document: document) }
        #expect(error?.description.hasPrefix("query '\(name)': ") == true)
    }
}
