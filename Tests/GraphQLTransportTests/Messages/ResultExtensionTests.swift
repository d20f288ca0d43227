import GraphQLTransport
import TestSupport
import Testing

struct ResultExtensionTests {
    private static func set(_ result: String, to value: String = "1") -> String {
        var output: [UInt8] = Array("<".utf8)
        ResultExtension.append(result.bytes.span, setting: "relay", to: value.bytes, into: &output)
        return String(output.text.dropFirst())
    }

    @Test(arguments: [
        (#"{"data":1}"#, #"{"data":1,"extensions":{"relay":1}}"#),
        (#" { "data" : 1 } "#, #" { "data" : 1 ,"extensions":{"relay":1}} "#),
        ("{}", #"{"extensions":{"relay":1}}"#), ("{ }", #"{ "extensions":{"relay":1}}"#),
        (#"{"extensions":{},"data":1}"#, #"{"extensions":{"relay":1},"data":1}"#),
        (#"{"extensions":{ },"data":1}"#, #"{"extensions":{ "relay":1},"data":1}"#),
        (#"{"data":1,"extensions":{"a":{"relay":2}}}"#, #"{"data":1,"extensions":{"a":{"relay":2},"relay":1}}"#),
        (#"{"extensions":null,"data":1}"#, #"{"extensions":{"relay":1},"data":1}"#),
        (#"{"extensions":[{}],"data":1}"#, #"{"extensions":{"relay":1},"data":1}"#),
        (#"{"extensions":{"relay":{"token":"x"},"b":2}}"#, #"{"extensions":{"relay":1,"b":2}}"#),
        (#"{"extensions":{"r\u0065lay":2}}"#, #"{"extensions":{"r\u0065lay":1}}"#),
        (#"{"extensions":{"relay":2,"relay":3}}"#, #"{"extensions":{"relay":1}}"#),
        (#"{"extensions":{"a":1},"extensions":{"b":1}}"#, #"{"extensions":{"a":1},"extensions":{"b":1,"relay":1}}"#),
        (
            #"{"data":{"extensions":{}},"errors":[]}"#,
            #"{"data":{"extensions":{}},"errors":[],"extensions":{"relay":1}}"#
        ),
    ])
    func `a member joins the extensions, and all else stays as it was`(_ result: String, _ expected: String) {
        #expect(Self.set(result) == expected)
    }

    @Test(arguments: ["", "[]", "{", #"{"a":}"#])
    func `what is no result stays as it is`(_ text: String) {
        #expect(Self.set(text) == text)
    }

    /// Objects made at random, of which the expected form is known without reading them.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `whatever the result, it means the same with one member more`(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        func space() -> String { ["", "", " ", "\n\t"].randomElement(using: &generator) ?? "" }
        func value(_ depth: Int) -> String {
            switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
            case 0: return "null"
            case 1: return "-1.5e3"
            case 2: return #""é\"}{,\u007d""#
            case 3: return "true"
            case 4: return #""relay""#
            case 5: return "[\(space())\(value(depth - 1)),\(value(depth - 1))\(space())]"
            default: return object((0..<Int.random(in: 0..<3, using: &generator)).map { ("k\($0)", value(depth - 1)) })
            }
        }
        func object(_ members: [(String, String)]) -> String {
            let inner = members.map { "\(space())\"\($0.0)\"\(space()):\(space())\($0.1)\(space())" }
            return "{\(space())" + inner.joined(separator: ",") + "}"
        }
        var members = ["data", "errors", "hasNext"].shuffled(using: &generator).map { ($0, value(3)) }
        var extensions = ["a", "b", "relays"].prefix(Int.random(in: 0...3, using: &generator)).map { ($0, value(2)) }
        let place = Int.random(in: 0...members.count, using: &generator)
        let token = value(2)
        var expected = members
        expected.insert(("extensions", object(extensions + [("relay", token)])), at: place)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0 where extensions.isEmpty: break
        case 1 where extensions.isEmpty: members.insert(("extensions", "null"), at: place)
        case 2:
            extensions.insert(("relay", value(3)), at: Int.random(in: 0...extensions.count, using: &generator))
            fallthrough
        default: members.insert(("extensions", object(extensions)), at: place)
        }
        let result = Self.set(object(members), to: token)
        #expect(JSONOracle.accepts(result.bytes))
        #expect(try CanonicalJSON.object(result.bytes).text == CanonicalJSON.object(object(expected).bytes).text)
    }

    @Test func `a member of an object is found, the last one counts`() {
        let text = #"{"x":{"a":1,"b":[{"a":2}],"\u0061":"three"},"a":4}"#.bytes
        func member(_ name: StaticString, of object: Range<Int>) -> Range<Int> {
            JSONScanner.member(name, of: object, in: text.span).range
        }
        let whole = 0..<text.count
        let inner = member("x", of: whole)
        #expect(Array(text[member("a", of: inner)]).text == #""three""#)
        #expect(Array(text[member("a", of: whole)]).text == "4")
        #expect(member("c", of: whole).isEmpty)
        #expect(member("c", of: 0..<1).isEmpty)
    }
}
