import Testing
import Wire

@testable import WebSockets

/// Handshakes that libwebsockets only answers: they are read here as libwebsockets reads the others.
@Suite(.timeLimit(.minutes(1)))
struct LiteralHandshakeTests {
    private static func literalTarget(_ target: String) throws -> (path: String, query: String)? {
        var parser = RequestHeadParser()
        let bytes = Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        return try #require(try parser.parse(bytes.span)).literalTarget
    }

    @Test(arguments: [
        ("/", "/", ""), ("/graphql", "/graphql", ""), ("/topics/a-b_c~d.e", "/topics/a-b_c~d.e", ""),
        ("/a/b/", "/a/b/", ""), ("/a?b", "/a", "b"), ("/a?b=c&d=e", "/a", "b=c&d=e"), ("/a?=&b", "/a", "=&b"),
        ("/a?b=c=d", "/a", "b=c=d"),
    ])
    func `a target without anything to decode is literal`(target: String, path: String, query: String) throws {
        let literal = try #require(try Self.literalTarget(target))
        #expect((literal.path, literal.query) == (path, query))
    }

    @Test(arguments: [
        "//", "/a//b", "/.", "/..", "/a/../b", "/a/.b", "/%61", "/a+b", "/a;b", "/a&b", "/a=b", "/a:b", "/a,b", "/a?",
        "/a?&", "/a?b&", "/a?&b", "/a?b&&c", "/a?b;c", "/a?b+c", "/a?b=%63", "/a?b?c", "/a?b/c", "http://b/a",
    ])
    func `a target that libwebsockets may read otherwise is not`(target: String) throws {
        #expect(try Self.literalTarget(target) == nil)
    }

    @Test func `libwebsockets gets nothing but what it has to answer`() throws {
        var parser = RequestHeadParser()
        let text = TestServer.handshake(path: "/a?b", subprotocols: "x, y", headers: "Cookie: c\r\nOrigin: o\r\n")
        let head = try #require(try parser.parse(Array(text.utf8).span))
        let common =
            "GET / HTTP/1.1\r\nHost:a\r\nUpgrade:websocket\r\nConnection:Upgrade\r\nSec-WebSocket-Version:13\r\n"
            + "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ=="
        #expect(String(decoding: head.bareHandshake(subprotocol: nil), as: UTF8.self) == common + "\r\n\r\n")
        #expect(
            String(decoding: head.bareHandshake(subprotocol: "y"), as: UTF8.self)
                == common + "\r\nSec-WebSocket-Protocol:y\r\n\r\n"
        )
    }

    /// The same handshake twice, of which libwebsockets has to read one: something is encoded there.
    private static let twins = [
        ("/a/b", "/a/%62"), ("/a/b?c=d&e", "/a/b?c=%64&e"), ("/a?=&b=c=d", "/%61?=&b=c=d"), ("/a-b?c=.", "/a-b?c=%2E"),
    ]

    @Test(arguments: [
        "", "Origin: https://o.example\r\n", "Origin:\r\n", "Cookie: a=b\r\nCookie:\r\nCookie: c=d; e\r\n",
        "Authorization: Bearer a.b\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n",
        "Sec-WebSocket-Protocol: second\r\n", "Sec-WebSocket-Protocol: other, second,first\r\n",
        "Sec-WebSocket-Protocol: other\r\nsec-websocket-protocol: , first\r\n", "Sec-WebSocket-Protocol: , ,\r\n",
        "Sec-WebSocket-Protocol: 1.5, first\r\n", "Sec-WebSocket-Protocol: other\r\n",
        "Sec-WebSocket-Protocol: \(String(repeating: "o", count: 120)), first\r\n", "X-Other: \u{C3}\u{BC}\r\n",
    ])
    func `what is read here is what libwebsockets reads`(fields: String) async throws {
        try await TestServer.run(adjust: { $0.subprotocols = ["first", "second"] }) { server in
            for (literal, encoded) in Self.twins {
                var answers: [String] = []
                var requests: [UpgradeRequest] = []
                for path in [literal, encoded] {
                    let peer = try server.connect()
                    try peer.send(TestServer.handshake(path: path, headers: fields))
                    answers.append(try peer.receiveHead())
                    guard answers.last?.hasPrefix("HTTP/1.1 101") == true else { continue }
                    requests.append(try #require(await server.probe.nextOpened()).request)
                }
                #expect(answers[0] == answers[1])
                #expect(requests.count == (answers[0].hasPrefix("HTTP/1.1 101") ? 2 : 0))
                guard requests.count == 2 else { continue }
                #expect(Self.text(of: requests[0]) == Self.text(of: requests[1]), "\(literal)")
            }
        }
    }

    private static func text(of request: UpgradeRequest) -> String {
        "\(request.path) \(request.query.map { "\($0.name)=\($0.value)" }) \(request.host) \(request.origin ?? "-") "
            + "\(request.authorization ?? "-") \(request.cookie ?? "-") \(request.subprotocols) \(request.peer) "
            + "\(request.binding) \(request.usesHTTPS)"
    }
}
