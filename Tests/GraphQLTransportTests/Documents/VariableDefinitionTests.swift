import Testing

@testable import GraphQLTransport

struct VariableDefinitionTests {
    @Test(arguments: [
        ("{ a }", []),
        ("{ a(b: 1) { c } }", []),
        ("query { a(b: 1) }", []),
        ("query Q @d(a: {b: 1}) { a }", []),
        ("query Q($a: Int) { a }", ["a Int"]),
        ("mutation ($a: [ID!]! = [\"x\"], $b: Float = {c: [1]} @d(e: 1) @f) { a }", ["a [ID!]!=", "b Float="]),
        ("fragment F on T @d(a: {b: {}}) { x(query: 1) } query ($z: [[Int]!]) { a ...F }", ["z [[Int]!]"]),
        ("fragment query on T { x } \"text\" query Q(\"why\" $a: ID!) { ...query }", ["a ID!"]),
    ])
    func `the definitions of the operation are read`(text: String, expected: [String]) throws {
        let variables = try Document(parsing: text, validates: false).operations[0].variables
        #expect(variables.map { "\($0.name) \($0.type)\($0.hasDefault ? "=" : "")" } == expected)
    }

    @Test(arguments: [
        "query (a: Int) { a }", "query ($a) { a }", "query ($a:) { a }", "query ($a: [Int) { a }",
        "query ($a: 1) { a }",
        "query ($a: Int = ) { a }", "query ($ : Int) { a }",
    ])
    func `what isn't well-formed is refused`(text: String) {
        #expect(throws: DocumentError.self) { try Document(parsing: text, validates: false) }
    }

    @Test(arguments: [
        ("String!", "a\"b", #""a\"b""#), ("ID", "7", #""7""#), ("String", "", #""""#),
        ("Int", "-7", "-7"), ("Int", "+7", "7"), ("Int!", "007", "7"), ("Int", "2147483648", nil), ("Int", "1.0", nil),
        ("Int", "", nil),
        ("Float", "1e3", "1e3"), ("Float", "1", "1"), ("Float", "NaN", nil), ("Float", "\"1\"", nil),
        ("Boolean", "true", "true"), ("Boolean!", "yes", nil), ("Boolean", "null", nil),
        ("[Int]", "[1]", "[1]"), ("[Int!]!", "1,2", nil), ("[Int]", "[1", nil),
        ("Code", "EU", #""EU""#), ("Date!", "2024-01-01", #""2024-01-01""#), ("Filter", #"{"a":[1]}"#, #"{"a":[1]}"#),
    ])
    func `a text becomes the value that its type takes`(type: String, text: String, json: String?) {
        let variable = VariableDefinition(name: "v", type: type, defaultLiteral: nil)
        #expect(variable.value(of: text).map { String(decoding: $0, as: UTF8.self) } == json)
    }

    @Test(arguments: [
        ("5", "5"), ("-1.5e3", "-1.5e3"), ("true", "true"), ("null", "null"), ("OPEN", #""OPEN""#),
        ("nulls", #""nulls""#),
        (#""a\"\\\u0041""#, #""a\"\\\u0041""#), (#""\u{1F600}\u{41}""#, #""😀A""#), (#""\\u{41}""#, #""\\u{41}""#),
        ("\"a\tb\"", #""a\tb""#), (#""""#, #""""#), ("\"\"\"\n  a\n  \"b\"\n\"\"\"", #""a\n\"b\"""#), ("[]", "[]"),
        ("[1,[2 3],,]", "[1,[2,3]]"),
        ("{}", "{}"), ("{a: 1, b: {c: [X]}}", #"{"a":1,"b":{"c":["X"]}}"#), ("# none\n 7 # seven\n", "7"),
    ])
    func `a default is the JSON that a client would send`(literal: String, json: String) throws {
        let text = "query($v: T = \(literal) @d(a: 1), $w: T) { a(v: $v, w: $w) }"
        let variables = try Document(parsing: text).operations[0].variables
        let value = try #require(variables[0].defaultValue)
        #expect(value.text == json)
        #expect(JSONOracle.accepts(value))
        #expect(variables[1].defaultValue == nil && !variables[1].hasDefault)
    }
}
