import GraphQLTransport
import Testing

@Suite struct OperationKeyTests {
    private func key(
        _ text: String,
        name: String? = nil,
        variables: String? = nil,
        extensions: String? = nil
    ) throws -> OperationKey {
        let document = try Document(parsing: text)
        return try OperationKey(
            document: document,
            operation: document.operation(named: name),
            variables: variables?.bytes,
            extensions: extensions?.bytes,
            omittingExtension: "relay"
        )
    }

    @Test func `requests that mean the same share a key`() throws {
        let plain = try key("subscription S{a{b}}")
        #expect(try key("subscription S { a, { b } }", name: "S") == plain)
        #expect(try key("subscription S{a{b}}", variables: "null", extensions: " {} ") == plain)
        #expect(try key("subscription S{a{b}}", extensions: #"{"relay":{"resume":"x"}}"#) == plain)
        #expect(
            try key("{a}", variables: #"{"a":1,"b":"\u0041"}"#) == key("{ a }", variables: #"{ "b":"A", "a":1 }"#)
        )
    }

    @Test func `requests that differ have different keys`() throws {
        let two = "query A{a} query B{b}"
        let keys = try [
            key("{a}"), key("{a b}"), key("query Q{a}"), key("{a}", variables: #"{"v":1}"#),
            key("{a}", variables: #"{"v":1.0}"#), key("{a}", variables: #"{"v":null}"#),
            key("{a}", extensions: #"{"v":1}"#), key("{a}", variables: #"{"v":"\#u{e9}"}"#),
            key("{a}", variables: #"{"v":"e\#u{301}"}"#), key(two, name: "A"), key(two, name: "B"),
        ]
        #expect(Set(keys).count == keys.count)
    }
}
