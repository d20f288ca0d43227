import GraphQLTransport
import TestSupport
import Testing

@Suite struct MessageScannerTests {
    @Test func `the parts of a next message are found`() throws {
        let bytes = #" {"id":"42","type":"next","payload":{"data":{"a":1},"errors":[{}],"extensions":{"x":2}}} "#.bytes
        let message = try MessageScanner.scan(bytes.span)
        #expect(message.kind == .next)
        #expect(bytes.text(message.id.range) == "\"42\"")
        #expect(bytes.text(message.id.contents) == "42")
        #expect(!message.id.hasEscapes)
        #expect(bytes.text(message.payload.range) == #"{"data":{"a":1},"errors":[{}],"extensions":{"x":2}}"#)
        #expect(bytes.text(message.data.range) == #"{"a":1}"#)
        #expect(bytes.text(message.errors.range) == "[{}]")
        #expect(bytes.text(message.extensions.range) == #"{"x":2}"#)
        #expect(message.query.kind == .absent)
    }

    @Test func `the parts of a subscribe message are found, payload before type`() throws {
        let bytes =
            #"{"payload":{"variables":{"v":[1]},"operationName":null,"query":"{a}"},"type":"subscribe","id":"x\n"}"#
            .bytes
        let message = try MessageScanner.scan(bytes.span)
        #expect(message.kind == .subscribe)
        #expect(message.id.hasEscapes)
        #expect(bytes.text(message.variables.range) == #"{"v":[1]}"#)
        #expect(message.operationName.kind == .null)
        #expect(bytes.text(message.query.contents) == "{a}")
    }

    @Test(arguments: [
        ("connection_init", MessageType.connectionInit), ("connection_ack", .connectionAck), ("ping", .ping),
        ("pong", .pong), ("subscribe", .subscribe), ("next", .next), ("error", .error), ("complete", .complete),
        ("Next", .unknown), ("next ", .unknown), ("nex", .unknown), ("", .unknown), ("ka", .unknown),
        (#"n\u0065xt"#, .next), (#"\u0070\u0069ng"#, .ping), (#"nex\u0074\u0000"#, .unknown), (#"\ud800"#, .unknown),
    ])
    func `the type is recognised, escaped or not`(_ type: String, _ expected: MessageType) throws {
        #expect(try MessageScanner.scan("{\"type\":\"\(type)\"}".bytes.span).kind == expected)
    }

    @Test(arguments: ["1", "null", "{}", "[\"next\"]", "true"])
    func `a type that is no string is unknown`(_ type: String) throws {
        #expect(try MessageScanner.scan("{\"type\":\(type)}".bytes.span).kind == .unknown)
    }

    @Test func `the last of a duplicate member counts`() throws {
        let bytes =
            #"{"type":"next","payload":{"data":1,"query":"q"},"id":"1","id":"2","payload":{"data":2,"data":3},"type":"ping"}"#
            .bytes
        let message = try MessageScanner.scan(bytes.span)
        #expect(message.kind == .ping)
        #expect(bytes.text(message.id.contents) == "2")
        #expect(bytes.text(message.data.range) == "3")
        #expect(message.query.kind == .absent)
    }

    @Test func `a payload that is no object wipes the members of an earlier one`() throws {
        let message = try MessageScanner.scan(#"{"payload":{"data":1},"payload":null}"#.bytes.span)
        #expect(message.payload.kind == .null)
        #expect(message.data.kind == .absent)
    }

    @Test func `escaped keys are the keys they mean`() throws {
        let bytes = #"{"\u0069d":"1","t\u0079pe":"next","p\u0061yload":{"d\u0061ta":5}}"#.bytes
        let message = try MessageScanner.scan(bytes.span)
        #expect(message.kind == .next)
        #expect(bytes.text(message.id.contents) == "1")
        #expect(bytes.text(message.data.range) == "5")
    }

    @Test func `members of the same name deeper down are not taken`() throws {
        let bytes = #"{"type":"next","payload":{"data":{"data":1,"errors":2},"x":{"id":3,"query":4}},"y":{"id":5}}"#
            .bytes
        let message = try MessageScanner.scan(bytes.span)
        #expect(message.id.kind == .absent)
        #expect(message.errors.kind == .absent)
        #expect(message.query.kind == .absent)
        #expect(bytes.text(message.data.range) == #"{"data":1,"errors":2}"#)
    }

    @Test(arguments: ["[]", "\"x\"", "1", "null", "[{\"type\":\"ping\"}]"])
    func `a message that is no object throws`(_ text: String) {
        let error = #expect(throws: ScanError.self) { try MessageScanner.scan(text.bytes.span) }
        #expect(error?.reason == .notAnObject)
    }

    @Test func `a payload alone is scanned as one inside a message`() throws {
        let bytes = #" {"query":"{a}","variables":{}} "#.bytes
        let message = try MessageScanner.scanPayload(bytes.span)
        #expect(message.payload.range == 1..<bytes.count - 1)
        #expect(bytes.text(message.query.contents) == "{a}")
        #expect(throws: ScanError.self) { try MessageScanner.scanPayload("{}x".bytes.span) }
        #expect(throws: ScanError.self) { try MessageScanner.scanPayload("[]".bytes.span) }
    }

    @Test func `every prefix of a message throws`() throws {
        let bytes =
            #"{"id":"1\u00e9","type":"next","payload":{"data":{"a":[1,-2.5e3,true,null,"é€😀"]},"errors":[{"m":{}}]}}"#
            .bytes
        #expect(try MessageScanner.scan(bytes.span).kind == .next)
        for end in 0..<bytes.count {
            #expect(throws: ScanError.self) { try MessageScanner.scan(bytes.span.extracting(0..<end)) }
        }
    }

    @Test func `the depth of a message includes the message`() throws {
        func message(_ depth: Int) -> [UInt8] {
            (String(repeating: "{\"payload\":", count: depth) + "1" + String(repeating: "}", count: depth)).bytes
        }
        #expect(try MessageScanner.scan(message(64).span).payload.kind == .object)
        #expect(throws: ScanError.self) { try MessageScanner.scan(message(65).span) }
    }

    @Test func `mutated messages are judged as a second parser judges them, and ranges stay inside`() {
        let seeds = [
            #"{"id":"1","type":"next","payload":{"data":{"a":1},"errors":[{"message":"é"}],"extensions":{}}}"#,
            #"{"id":"a\u0062","type":"subscribe","payload":{"query":"{a}","operationName":"A","variables":{"v":1}}}"#,
        ].map(\.bytes)
        let alphabet = "{}[]\",:\\u1 ".bytes
        var generator = SplitMix(seed: 7)
        var valid = 0
        for _ in 0..<10_000 {
            let bytes = generator.mutate(seeds.randomElement(using: &generator)!, alphabet: alphabet)
            let isObject = JSONOracle.accepts(bytes) && bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
            guard let message = try? MessageScanner.scan(bytes.span) else {
                #expect(!isObject, "\(bytes.text)")
                continue
            }
            #expect(isObject, "\(bytes.text)")
            valid += 1
            for token in [
                message.type, message.id, message.payload, message.data, message.errors, message.extensions,
                message.query, message.operationName, message.variables,
            ] where token.kind != .absent {
                #expect(JSONOracle.accepts(Array(bytes[token.range])), "\(bytes.text)")
            }
        }
        #expect(valid > 500)
    }
}
