import GraphQLTransport
import TestSupport
import Testing

@Suite struct CanonicalJSONTests {
    @Test(arguments: [
        ("{}", "{}"), (" { } ", "{}"), ("null", "{}"), (#"{"b":1,"a":2}"#, #"{"a":2,"b":1}"#),
        (#"{ "a" : [ 1 , { "d" : null , "c" : true } ] }"#, #"{"a":[1,{"c":true,"d":null}]}"#),
        (#"{"a":1,"a":2}"#, #"{"a":2}"#), (#"{"a":2,"b":0,"\u0061":1}"#, #"{"a":1,"b":0}"#),
        (#"{"n":[1.0,1,1e0,-0,0]}"#, #"{"n":[1.0,1,1e0,-0,0]}"#),
        (#"{"s":"\u0041\/\u00e9\u000a\u001F\""}"#, #"{"s":"A/é\n\u001f\""}"#),
        (#"{"s":"\uD83D\uDE00\uDBFF"}"#, #"{"s":"😀\udbff"}"#), (#"{"a":null}"#, #"{"a":null}"#),
        (#"{"B":1,"a":2,"":3,"aa":4,"é":5}"#, #"{"":3,"B":1,"a":2,"aa":4,"é":5}"#),
        (#"{"a":[[],{}]}"#, #"{"a":[[],{}]}"#),
    ])
    func `equal variables have one form`(_ raw: String, _ canonical: String) throws {
        #expect(try CanonicalJSON.object(raw.bytes).text == canonical)
        #expect(try CanonicalJSON.object(canonical.bytes).text == canonical)
    }

    @Test func `missing variables are empty variables`() throws {
        #expect(try CanonicalJSON.object(nil as [UInt8]?).text == "{}")
    }

    @Test(arguments: ["[]", "1", "\"x\"", "{", "{}{}", "", "{\"a\":01}"])
    func `what is no object throws`(_ raw: String) {
        #expect(throws: ScanError.self) { try CanonicalJSON.object(raw.bytes) }
    }

    @Test func `one member can be left out, at the top only`() throws {
        let raw = #"{"relay":{"a":1},"x":{"relay":2},"\u0072elay":3}"#
        #expect(try CanonicalJSON.object(raw.bytes, omitting: "relay").text == #"{"x":{"relay":2}}"#)
    }

    @Test func `any value has a canonical form`() throws {
        #expect(
            try CanonicalJSON.value(" [ null, {\"b\":1,\"a\":\"\\u0062\"} ] ".bytes.span).text
                == #"[null,{"a":"b","b":1}]"#
        )
        #expect(try CanonicalJSON.value("null".bytes.span).text == "null")
    }

    @Test func `the canonical form is valid, and its own canonical form, for mutated JSON`() throws {
        let seed = #"{"b":{"y":[1,2,{"k":"\u00e9\ud800"}],"x":null},"a":"\"\\\n","a":true}"#.bytes
        var generator = SplitMix(seed: 3)
        var valid = 0
        for _ in 0..<5_000 {
            let bytes = generator.mutate(seed, alphabet: "{}[]\",:\\ab1".bytes)
            guard let canonical = try? CanonicalJSON.value(bytes.span) else { continue }
            valid += 1
            #expect(JSONOracle.accepts(canonical), "\(bytes.text)")
            #expect(try CanonicalJSON.value(canonical.span) == canonical, "\(bytes.text)")
        }
        #expect(valid > 100)
    }
}
