import TestSupport
import Testing
import Wire

@testable import WebSockets

struct ClientHandshakeTests {
    private static let good = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ]

    private func verdict(_ lines: [String], status: Int = 101, offered: [String] = []) throws -> ClientHandshake.Verdict
    {
        let target = WebSocketClient.Target.loopback(80, subprotocols: offered)
        // The key of RFC 6455, section 1.3.
        let handshake = ClientHandshake(target, key: "dGhlIHNhbXBsZSBub25jZQ==")
        let text = "HTTP/1.1 \(status) x\r\n\(lines.map { "\($0)\r\n" }.joined())\r\n"
        guard case .whole(let head, _) = ResponseHead.read(Array(text.utf8)) else {
            throw RawPeer.Failure(description: "no head")
        }
        return handshake.judge(head)
    }

    @Test(arguments: [
        good, good.reversed(), ["X-Auth: a"] + good, good + ["Sec-WebSocket-Extensions:", "Sec-WebSocket-Protocol: "],
        ["upgrade: WebSocket", "CONNECTION: keep-alive, upgrade", good[2] + "  "],
    ])
    func `an answer by the rules is an upgrade, with whatever other headers`(lines: [String]) throws {
        #expect(try verdict(lines) == .upgraded(subprotocol: nil))
    }

    @Test(arguments: ["one", "two"])
    func `the subprotocol is one of those that were offered`(chosen: String) throws {
        let lines = Self.good + ["Sec-WebSocket-Protocol: \(chosen)"]
        #expect(try verdict(lines, offered: ["one", "two"]) == .upgraded(subprotocol: chosen))
    }

    @Test(arguments: [
        ([], "Upgrade"), (Array(good.dropFirst()), "Upgrade"), ([good[0], good[2]], "Connection"),
        (Array(good.dropLast()), "Sec-WebSocket-Accept"), (["Upgrade: h2c"] + good.dropFirst(), "Upgrade"),
        ([good[0], "Connection: close", good[2]], "Connection"),
        ([good[0], good[1], "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA="], "Sec-WebSocket-Accept is wrong"),
        ([good[0], good[1], good[2].lowercased()], "Sec-WebSocket-Accept is wrong"),
        (good + [good[2]], "Sec-WebSocket-Accept is wrong"),
        (good + ["Sec-WebSocket-Extensions: permessage-deflate"], "extension"),
        (good + ["Sec-WebSocket-Protocol: three"], "subprotocol"),
        (good + ["Sec-WebSocket-Protocol: one", "Sec-WebSocket-Protocol: two"], "subprotocol"),
        (good + ["Sec-WebSocket-Protocol: ONE"], "subprotocol"),
    ])
    func `a 101 against the rules is none, and the flaw is named`(lines: [String], flaw: String) throws {
        guard case .refused(status: 101, retryAfter: nil, let named?) = try verdict(lines, offered: ["one", "two"])
        else {
            Issue.record("taken")
            return
        }
        #expect(named.contains(flaw))
    }

    @Test func `interim answers aren't the answer, and others are told with their status`() throws {
        #expect(try verdict([], status: 100) == .interim)
        #expect(try verdict(["Link: </x>"], status: 103) == .interim)
        #expect(try verdict(Self.good, status: 200) == .refused(status: 200, retryAfter: nil, flaw: nil))
        let refusal = ClientHandshake.Verdict.refused(status: 503, retryAfter: "7", flaw: nil)
        #expect(try verdict(["X-R: 1", "Retry-After: 7"], status: 503) == refusal)
    }

    @Test func `the request is that of RFC 6455, and a Host that is given replaces ours`() {
        let key = "dGhlIHNhbXBsZSBub25jZQ=="
        var target = WebSocketClient.Target.loopback(
            8080,
            host: "::1",
            path: "/a?b",
            subprotocols: ["one", "two"],
            headers: [HTTPField(name: "X-A", value: "b")]
        )
        #expect(
            String(decoding: ClientHandshake(target, key: key).request, as: UTF8.self)
                == "GET /a?b HTTP/1.1\r\nHost: [::1]:8080\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n"
                + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: \(key)\r\n"
                + "Sec-WebSocket-Protocol: one,two\r\nSec-WebSocket-Version: 13\r\nX-A: b\r\nX-Spare: 1\r\n\r\n"
        )
        target.headers = [HTTPField(name: "host", value: "other")]
        let request = String(decoding: ClientHandshake(target, key: key).request, as: UTF8.self)
        #expect(!request.contains("Host: "))
        #expect(request.contains("host: other\r\n"))
    }

    @Test func `each handshake has a key of its own`() throws {
        let keys = try (0..<20).map { _ in
            let request = try #require(ClientHandshake(.loopback(80))).request
            return String(decoding: request, as: UTF8.self).header("Sec-WebSocket-Key")
        }
        #expect(Set(keys).count == 20)
        #expect(keys.allSatisfy { $0.utf8.count == 24 && $0.hasSuffix("==") })
        #expect(ClientHandshake.acceptKey(for: keys[0]) == AcceptKey.value(for: keys[0]))
    }
}
