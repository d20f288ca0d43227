import Testing

@testable import FanoutLoad

@Suite struct HandshakeTests {
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    static func answer(_ lines: String...) -> [UInt8] {
        Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (String(repeating: "a", count: 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
    ])
    func `SHA-1 of known texts`(text: String, digest: String) {
        let hex = SHA1.digest(of: Array(text.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        #expect(hex.joined() == digest)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `base64 of RFC 4648's samples`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }

    @Test func `the accept of RFC 6455's sample key`() {
        #expect(Handshake.accept(for: Self.key) == Self.accept)
    }

    @Test func `the request says all that section 4·1 asks for`() {
        let handshake = Handshake(key: Self.key, subprotocol: "fanout.v1.json")
        let request = handshake.request(host: "[::1]:80", target: "/a?b", headers: ["X: y"])
        #expect(
            String(decoding: request, as: UTF8.self)
                == "GET /a?b HTTP/1.1\r\nHost: [::1]:80\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: \(Self.key)\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: fanout.v1.json\r\nX: y\r\n\r\n"
        )
    }

    @Test func `a good answer is accepted whatever its case and order`() {
        let answer = Self.answer(
            "HTTP/1.1 101 Switching",
            "sec-websocket-PROTOCOL:fanout.v1.json ",
            "CONNECTION: keep-alive, upgrade",
            "Sec-WebSocket-Accept:\t\(Self.accept)",
            "upgrade: WebSocket"
        )
        #expect(Handshake(key: Self.key, subprotocol: "fanout.v1.json").judge(answer) == .accepted)
    }

    static let upgrade = ["HTTP/1.1 101 Ok", "Upgrade: websocket", "Connection: Upgrade"]

    @Test(arguments: [
        (["HTTP/1.1 403 Forbidden", "Content-Length: 0"], Handshake.Refusal.status(403)),
        (["HTTP/1.1 200"], .status(200)),
        (["SSH-2.0-x"], .notHTTP),
        (["HTTP/1.1 101 Ok", "Upgrade: websocket"], .notUpgraded),
        (["HTTP/1.1 101 Ok", "Upgrade: h2c", "Connection: Upgrade"], .notUpgraded),
        (upgrade, .wrongAccept),
        (upgrade + ["Sec-WebSocket-Accept: AAAA"], .wrongAccept),
        (upgrade + ["Sec-WebSocket-Accept: \(accept)"], .wrongSubprotocol("")),
        (upgrade + ["Sec-WebSocket-Accept: \(accept)", "Sec-WebSocket-Protocol: other"], .wrongSubprotocol("other")),
        (
            upgrade + ["Sec-WebSocket-Accept: \(accept)", "Sec-WebSocket-Extensions: permessage-deflate"],
            .unexpectedExtension
        ),
    ])
    func `a bad answer is refused by name`(lines: [String], refusal: Handshake.Refusal) {
        let answer = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        #expect(Handshake(key: Self.key, subprotocol: "fanout.v1.json").judge(answer) == .refused(refusal))
    }

    @Test func `a subprotocol nobody asked for is refused`() {
        let lines = Self.upgrade + ["Sec-WebSocket-Accept: \(Self.accept)", "Sec-WebSocket-Protocol: x"]
        let answer = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        #expect(Handshake(key: Self.key, subprotocol: nil).judge(answer) == .refused(.wrongSubprotocol("x")))
    }
}
