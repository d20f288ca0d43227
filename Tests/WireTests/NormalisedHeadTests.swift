import HeadCases
import Testing
import Wire

@Suite struct NormalisedHeadTests {
    private static func normalised(_ text: String) throws -> String {
        var parser = RequestHeadParser()
        let bytes = Array(text.utf8)
        let head = try #require(try parser.parse(bytes.span))
        return String(decoding: head.normalised(), as: UTF8.self)
    }

    @Test func `what proxies tell is left out, and may change the host and end the connection`() throws {
        let fields = "Forwarded: for=a\r\nX-Forwarded-For: b\r\nX-Forwarded-Host: c\r\nX-Forwarded-Proto: https\r\n"
        var parser = RequestHeadParser()
        let bytes = Array("GET / HTTP/1.1\r\n\(fields)Host: relay\r\nAccept: d\r\n\r\n".utf8)
        let head = try #require(try parser.parse(bytes.span))
        let text = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
        #expect(text(head.normalised()) == "GET / HTTP/1.1\r\nHost: relay\r\nAccept: d\r\n\r\n")
        #expect(
            text(head.normalised(host: "app.example:8443", isLast: true))
                == "GET / HTTP/1.1\r\nConnection: close\r\nHost: app.example:8443\r\nAccept: d\r\n\r\n"
        )
    }

    @Test func `a handshake's head keeps its upgrade`() throws {
        var parser = RequestHeadParser()
        let text =
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        let head = try #require(try parser.parse(Array(text.utf8).span))
        let written = String(decoding: head.normalised(isLast: true), as: UTF8.self)
        #expect(written.contains("\r\nConnection: Upgrade\r\n") && !written.contains("close"))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        // Nobody decides by them, or nobody could tell them from others.
        (
            "GET /a?b HTTP/1.1\r\nX-Auth: x\r\nhost:a \r\nCookie: c\r\nORIGIN: o\r\nUser-Agent: u\r\nAccept:\r\n\r\n",
            "GET /a?b HTTP/1.1\r\nHost: a\r\nCookie: c\r\nOrigin: o\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nCookie: b=1\r\nAuthorization: Bearer x\r\ncookie: c=2; d=3\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nCookie: b=1; c=2; d=3\r\nAuthorization: Bearer x\r\n\r\n"
        ),
        ("GET http://b:1/c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /c HTTP/1.1\r\nHost: b:1\r\n\r\n"),
        (
            "GET http://b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.1\r\nConnection: close\r\nHost: b\r\n\r\n"
        ),
        ("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
        ("GET http://b?c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /?c HTTP/1.1\r\nHost: b\r\n\r\n"),
        ("GET / HTTP/1.9\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / HTTP/1.0\r\nConnection: close\r\n\r\n"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nConnection: foo , CLOSE\r\n\r\n",
            "GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nAccept: b\r\nHost: a\r\nAccept:\r\naccept: c;q=1, d\r\n\r\n",
            "GET / HTTP/1.1\r\nAccept: b, c;q=1, d\r\nHost: a\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n\r\n",
            "GET / HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n"
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade:\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x, WebSocket\r\nConnection: x, upgrade\r\nSec-Websocket-Key: k\r\n\r\n",
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nHost: a\r\nSec-WebSocket-Key: k\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Protocol: ,, a\t,b,\r\nSec-WebSocket-Protocol: , c d\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Protocol: a, b, c d\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Protocol: , ,\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"
        ),
        (
            "GET /%61?b=%26%3d%61+%25 HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /%61?b=%2526%253d%2561+%2525 HTTP/1.1\r\nHost: a\r\n\r\n"
        ),
        // The last one of its connection.
        (
            "GET /?b=c%0Ad HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /?b=c%250Ad HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n"
        ),
        (
            "GET /?%0d HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /?%250d HTTP/1.1\r\nConnection: close\r\nHost: a\r\n\r\n"
        ),
        (
            "GET /?b%20%250A HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /?b%2520%25250A HTTP/1.1\r\nHost: a\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: ,a,,\t ,b\t,\r\nHost: a\r\nsec-webSocket-protocol:,c\r\n\r\n",
            "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: a, b, c\r\nHost: a\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: ,\r\nHost: a\r\nSec-WebSocket-Protocol: b\r\n\r\n",
            "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: b\r\nHost: a\r\n\r\n"
        ),
        (
            "GET / HTTP/1.1\r\nSec-WebSocket-Protocol: , ,\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        ),
    ])
    func `a head is written anew with what somebody decides by`(text: String, expected: String) throws {
        #expect(try Self.normalised(text) == expected)
    }

    @Test(arguments: [(255, true), (256, false)])
    func `extensions are passed on up to 255 bytes, in one line or several`(count: Int, isPassed: Bool) throws {
        let whole = String(repeating: "e", count: count)
        let (first, second) = (whole.prefix(100), whole.dropFirst(102))
        for lines in [
            "Sec-WebSocket-Extensions: \(whole)\r\n",
            "sec-websocket-extensions: \(first)\r\nSec-WebSocket-Extensions: \(second)\r\n",
        ] {
            let text = try Self.normalised("GET / HTTP/1.1\r\nHost: a\r\n\(lines)Origin: o\r\n\r\n")
            #expect(text.contains("\r\nSec-WebSocket-Extensions: ") == isPassed)
            #expect(text.hasSuffix("\r\nOrigin: o\r\n\r\n"))
        }
    }

    @Test(arguments: [
        ("", ""), ("a b", "a b"), ("%61%2B+%26", "a++&"), ("%250A%0d%0A", "%0A\r\n"), ("%C3%BC", "ü"),
        ("%ff", "\u{FFFD}"), ("%", "%"), ("%4", "%4"), ("%zz%5", "%zz%5"),
    ])
    func `a parameter is decoded once`(text: String, expected: String) {
        #expect(String(percentDecoding: text) == expected)
    }

    @Test(arguments: HeadCase.all)
    func `what was written anew is a good head, and stays as it is but for the query's encoding`(
        of head: HeadCase
    ) throws {
        var parser = RequestHeadParser()
        let bytes = head.bytes
        guard let parsed = try? parser.parse(bytes.span), parsed.handshakeError == nil, parsed.targetForm == .origin
        else { return }
        let written = parsed.normalised()
        var second = RequestHeadParser()
        let again = try #require(try second.parse(written.span))
        let isEncoded = parsed.target.contains("?") && parsed.target.contains("%")
        #expect(isEncoded || again.normalised() == written)
        #expect(again.handshakeError == nil)
        #expect(again.asksForWebSocket == parsed.asksForWebSocket)
        let names = FieldName.allCases.map { "\($0.spelling)" }
        for field in again.fields { #expect(names.contains(field.name)) }
    }
}
