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

    @Test(arguments: [
        ("1", "1.0", true), ("1", "1e0", true), ("10", "1e1", true), ("10", "100E-1", true), ("0", "-0.0e5", true),
        ("-2.50", "-25e-1", true), ("1e400", "10e399", true), ("0.001", "1e-3", true), ("1", "10", false),
        ("1", "-1", false), ("0.1", "0.01", false), ("12", "1.2", false), ("1e999999999999", "1e999999999999", true),
        ("1e999999999999", "10e999999999998", false), (#""1""#, "1", false), (#""1.0""#, #""1""#, false),
        (#""\u0031e1""#, #""1e1""#, true), (#"{"b":1,"a":"10"}"#, #"{"a":"10","b":1.0}"#, true),
        (#"{"a":"\"1","b":2}"#, #"{"a":"\"1","b":2.0}"#, true), (#"{"a":"\\","b":20}"#, #"{"a":"\\","b":2e1}"#, true),
        ("[1,2]", "[1.0, 2.0]", true), ("[1,2]", "[2,1]", false), ("null", "null", true), ("true", "false", false),
        ("{}", "null", false), ("[]", "{}", false),
    ])
    func `values are compared by what they mean`(one: String, other: String, isEqual: Bool) throws {
        let form = try CanonicalJSON.comparable(one.bytes.span)
        #expect((try CanonicalJSON.comparable(other.bytes.span) == form) == isEqual, "\(form.text)")
    }
}
