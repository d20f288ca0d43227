import GraphQLTransport
import Testing

@Suite struct MessageWriterTests {
    @Test func `messages without payload have no such member`() {
        #expect(MessageWriter.connectionInit().text == #"{"type":"connection_init"}"#)
        #expect(MessageWriter.connectionAck().text == #"{"type":"connection_ack"}"#)
        #expect(MessageWriter.ping().text == #"{"type":"ping"}"#)
        #expect(MessageWriter.pong().text == #"{"type":"pong"}"#)
        #expect(MessageWriter.complete(id: "7").text == #"{"id":"7","type":"complete"}"#)
    }

    @Test func `payloads are spliced as they are`() {
        let payload = "{ \"a\" : 1.0 }".bytes
        #expect(
            MessageWriter.connectionInit(payload: payload).text
                == #"{"type":"connection_init","payload":{ "a" : 1.0 }}"#
        )
        #expect(MessageWriter.ping(payload: payload).text == #"{"type":"ping","payload":{ "a" : 1.0 }}"#)
        #expect(
            MessageWriter.next(id: "1", payload: payload).text == #"{"id":"1","type":"next","payload":{ "a" : 1.0 }}"#
        )
        #expect(MessageWriter.error(id: "1", errors: "[{}]".bytes).text == #"{"id":"1","type":"error","payload":[{}]}"#)
    }

    @Test func `subscribe holds only what the request has`() throws {
        let least = try GraphQLRequest(query: "{a}")
        #expect(
            MessageWriter.subscribe(id: "1", least).text == #"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#
        )
        let most = try GraphQLRequest(
            query: "query A {\n a(b:\"c\") }",
            operationName: "A",
            variables: #"{"v":1}"#,
            extensions: "{}"
        )
        #expect(
            MessageWriter.subscribe(id: "1", most).text
                == #"{"id":"1","type":"subscribe","payload":{"query":"query A {\n a(b:\"c\") }","operationName":"A","#
                + #""variables":{"v":1},"extensions":{}}}"#
        )
    }

    @Test(arguments: ["[]", "{", "{}}", "null", "{},\"id\":\"2\""])
    func `a request with raw parts that are no object is refused`(_ raw: String) {
        #expect(throws: InvalidRequest.self) { try GraphQLRequest(query: "{a}", variables: raw) }
        #expect(throws: InvalidRequest.self) { try GraphQLRequest(query: "{a}", extensions: raw) }
    }

    @Test func `strings are escaped and come back`() throws {
        let text = "\"\\/\u{0}\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f} \u{7f}é€😀\u{2028}"
        let bytes = JSONString.encode(text)
        #expect(bytes.text == #""\"\\/\u0000\u0001\b\t\n\u000b\f\r\u001f "# + "\u{7f}é€😀\u{2028}\"")
        let token = try JSONScanner.scan(bytes.span)
        #expect(JSONString.decode(token, in: bytes.span) == text)
    }

    @Test func `an id can not break out of its message`() throws {
        let id = #"1","type":"complete"},{"x":""#
        let bytes = MessageWriter.next(id: id, payload: "{}".bytes)
        let message = try MessageScanner.scan(bytes.span)
        #expect(message.kind == .next)
        #expect(JSONString.decode(message.id, in: bytes.span) == id)
    }

    @Test(arguments: [
        (#""\ud83d\ude00""#, "😀"), (#""\ud800""#, "\u{FFFD}"), (#""\ud800x""#, "\u{FFFD}x"),
        (#""\udc00\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud800\u0041""#, "\u{FFFD}A"), (#""\ud800\n""#, "\u{FFFD}\n"),
        (#""\u00E9\u00e9""#, "éé"), (#""\/\b\f""#, "/\u{8}\u{c}"),
    ])
    func `escapes are decoded`(_ raw: String, _ expected: String) throws {
        let bytes = raw.bytes
        let token = try JSONScanner.scan(bytes.span)
        #expect(JSONString.decode(token, in: bytes.span) == expected)
        let exact = JSONString.decodeExactly(token, in: bytes.span)
        #expect(exact == (expected.contains("\u{FFFD}") ? nil : expected))
    }
}
