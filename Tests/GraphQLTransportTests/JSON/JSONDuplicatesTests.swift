import GraphQLTransport
import Testing

struct JSONDuplicatesTests {
    @Test(arguments: [
        (#"{"a":1,"a":1}"#, true), (#"{"a":1,"\u0061":2}"#, true), (#"{"a":1,"A":2}"#, false), ("{}", false),
        ("1", false),
        (#"{"a":{"b":1},"b":{"b":1}}"#, false), (#"[{"a":1},{"a":1}]"#, false), (#"[1,[{"a":1,"b":2,"a":3}]]"#, true),
        (#"{"x":{"y":[{"\/":1,"/":2}]}}"#, true), (#"{"":1,"":2}"#, true), (#"{"é":1,"e\#u{301}":2}"#, false),
        (#"{"\uD800":1,"\uD801":2}"#, false), ("{", true), ("", true), (#" {"a" : [ ] , "a" : 1 } "#, true),
        (#"{"a":"b","b":"a"}"#, false),
    ]) func `RFC 8259 section 4 a name that occurs twice is found at any depth`(_ text: String, _ has: Bool) {
        #expect(JSONScanner.hasDuplicateMembers(Array(text.utf8).span) == has)
    }

    @Test(
        arguments: [
            ("[]", []), ("[1]", ["1"]), (#" [ "a" ,[2],{"b":3} ] "#, [#""a""#, "[2]", #"{"b":3}"#]), ("{}", nil),
            ("[1", nil), ("[1]2", nil), ("[1,]", nil), ("", nil),
        ] as [(String, [String]?)]
    )
    func `an array's elements are found`(_ text: String, _ elements: [String]?) {
        let bytes = Array(text.utf8)
        let found = JSONArray(bytes.span)?.elements.map { String(decoding: bytes[$0.range], as: UTF8.self) }
        #expect(found == elements)
    }
}
