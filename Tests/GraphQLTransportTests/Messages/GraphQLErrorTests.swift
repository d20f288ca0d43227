import GraphQLTransport
import TestSupport
import Testing

struct GraphQLErrorTests {
    private func read(_ text: String) -> [GraphQLError] { GraphQLError.read(text.bytes.span) }

    @Test func `every member of an error is read`() throws {
        let errors = read(
            #"""
            [{"message":"n\u00f6\n","locations":[{"line":3,"column":7}],"path":["a",0,"b"],
              "extensions":{"code":"FORBIDDEN","x":[1]}},{"message":"m"}]
            """#
        )
        let first = try #require(errors.first)
        #expect(errors.count == 2)
        #expect(first.message == "nö\n")
        #expect(first.locations.map { [$0.line, $0.column] } == [[3, 7]])
        #expect(first.path == [.field("a"), .index(0), .field("b")])
        #expect(first.extensions == #"{"code":"FORBIDDEN","x":[1]}"#.bytes)
        #expect(first.code == "FORBIDDEN")
        #expect("\(first)" == "nö  (at a.0.b)")
        #expect(errors[1].path.isEmpty && errors[1].locations.isEmpty && errors[1].extensions == nil)
        #expect("\(errors[1])" == "m")
    }

    @Test(arguments: [
        #"{"message":"m","path":"a","locations":{"line":1},"extensions":[]}"#,
        #"{"message":"m","path":["a",1.5],"locations":[{"line":1}],"extensions":null}"#,
        #"{"message":"m","path":["a",null],"locations":[{"line":"1","column":2}],"extensions":"x"}"#,
        #"{"message":"m","path":[-1],"locations":[{"line":1e3,"column":2},7,null]}"#,
        #"{"message":"m","path":[99999999999999999999],"locations":[{"line":1,"column":99999999999999999999}]}"#,
        #"{"message":"m","path":[111111111111111111111111111111]}"#,
        #"{"message":"m","path":[{}],"path":null}"#,
    ])
    func `members of another shape are left out, and the message stays`(_ error: String) throws {
        let found = try #require(read("[\(error)]").first)
        #expect(found.message == "m")
        #expect(found.path.isEmpty && found.locations.isEmpty && found.extensions == nil && found.code == nil)
    }

    @Test func `a message that is no text is shown as it was sent, cut`() {
        #expect(read(#"[{"message":{"a":1}}]"#).map(\.message) == [#"{"a":1}"#])
        #expect(read("[{}]").map(\.message) == [""])
        let large = "[\(String(repeating: "1,", count: 500))1]"
        #expect(read(#"[{"message":\#(large)}]"#).map(\.message.count) == [200])
        #expect(read(#"[{"message":"\ud800","extensions":{"code":7}}]"#).map(\.message) == ["\u{FFFD}"])
    }

    @Test(arguments: ["", "[", "{}", "null", "7", #"{"message":"m"}"#, "[1,null,[]]", "[{\"message\":\"m\"}", "\u{FF}"])
    func `what is no array of errors has none`(_ text: String) {
        #expect(read(text).isEmpty)
    }

    @Test func `of more errors, steps and places than the limit the first are read`() {
        let places = Array(repeating: #"{"line":1,"column":1}"#, count: 300).joined(separator: ",")
        let error = #"{"message":"m","locations":[\#(places)]}"#
        let errors = read("[\(Array(repeating: error, count: 300).joined(separator: ","))]")
        #expect(errors.count == GraphQLError.limit)
        #expect(errors.allSatisfy { $0.locations.count == GraphQLError.limit })
        // What would be cut is no path.
        let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(read(#"[{"message":"m","path":[\#(deep)]}]"#).map(\.path) == [[]])
        #expect(read(#"[{"message":"m","path":[\#(deep)\#(deep)]}]"#).isEmpty)
    }

    @Test func `whatever is changed in an array of errors, reading it ends`() {
        let members = #""path":["a",0],"locations":[{"line":3,"column":7}],"extensions":{"code":"C"}"#
        let text = #"[{"message":"m",\#(members)}]"#.bytes
        for position in text.indices {
            for byte: UInt8 in [0, 0x22, 0x2C, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0x80, 0xFF] {
                var altered = text
                altered[position] = byte
                #expect(GraphQLError.read(altered.span).count <= 2)
            }
        }
    }
}
