import Testing
import WebSockets

/// Requests that a server must survive, and turn away with what the specifications name.
@Suite(.timeLimit(.minutes(1)))
struct RefusalTests {
    /// The status that a client gets, or nil when it was cut off without one.
    private static func status(_ answer: [UInt8]) -> Int? {
        let text = String(decoding: answer.prefix(12), as: UTF8.self)
        return text.hasPrefix("HTTP/1.") ? Int(text.dropFirst(9)) : nil
    }

    /// Sends a request beside a client that is connected, and returns the answer's status.
    private func outcome(of request: [UInt8], script: ServerProbe.Script = ServerProbe.Script()) async throws -> Int? {
        var script = script
        script.requested = { $0.respond(.text("served")) }
        var outcome: Int?
        try await TestServer.run(subprotocols: ["graphql-transport-ws"], script: script) { server in
            let (other, _) = try server.upgrade()
            let peer = try server.connect()
            // A server that has heard enough may close before all of it was sent.
            try? peer.send(request)
            let answer = try peer.receiveUntilEnd()
            outcome = Self.status(answer)
            let text = String(decoding: answer, as: UTF8.self)
            #expect(!text.contains("101 Switching"))
            try other.send(RawFrame(opcode: 9, payload: [1]).masked)
            #expect(try other.receiveFrame() == RawFrame(opcode: 10, payload: [1]))
            #expect(server.isAlive())
        }
        return outcome
    }

    @Test(arguments: ["foo", "h2c", "TLS/1.0", "websockets"])
    func `an unknown upgrade is no reason not to serve a request`(upgrade: String) async throws {
        let request = TestServer.handshake(upgrade: upgrade, headers: "Connection: close\r\n")
        #expect(try await outcome(of: Array(request.utf8)) == 200)
    }

    @Test
    func `h2c is not spoken`() async throws {
        let request =
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            + "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
        #expect(try await outcome(of: Array(request.utf8)) == 200)
    }

    @Test
    func `HTTP2 with prior knowledge is refused`() async throws {
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
        let headers: [UInt8] = [0, 0, 3, 1, 5, 0, 0, 0, 1, 0x82, 0x84, 0x86]
        #expect(try await outcome(of: preface + settings + headers) == 505)
    }

    @Test(arguments: [
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 405),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello", 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nhello", 405),
        ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
        ("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
    ])
    func `a method or a body that is not served is refused`(request: String, status: Int) async throws {
        #expect(try await outcome(of: Array(request.utf8)) == status)
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "\r\n\r\n\r\n", "GET\r\n\r\n", "\0\0\0\0\0\0\0\0\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: \r\n\r\n\r\n",
        "CONNECT example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /../../etc/passwd HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}",
    ])
    func `a garbage request harms nobody`(request: String) async throws {
        try await TestServer.run(script: ServerProbe.Script(requested: { $0.respond(.text("served")) })) { server in
            let (other, _) = try server.upgrade()
            let peer = try server.connect()
            try peer.send(request)
            peer.finishSending()
            _ = try peer.receiveUntilEnd()
            try other.send(RawFrame(opcode: 9, payload: [1]).masked)
            #expect(try other.receiveFrame() == RawFrame(opcode: 10, payload: [1]))
            #expect(server.isAlive())
        }
    }

    @Test(arguments: [8000, 15_000, 17_000, 40_000])
    func `headers up to 16 KiB are taken, larger ones refused`(size: Int) async throws {
        try await TestServer.run { server in
            let peer = try server.connect()
            let large = "Cookie: \(String(repeating: "b", count: size))\r\n"
            try? peer.send(TestServer.handshake(headers: large))
            #expect(try peer.receiveHead().hasPrefix(size < 16_384 ? "HTTP/1.1 101" : "HTTP/1.1 431"))
            #expect(server.isAlive())
        }
    }

    @Test
    func `a client that dawdles over its headers is cut off`() async throws {
        try await TestServer.run(adjust: { $0.headerTimeout = .seconds(1) }) { server in
            let silent = try server.connect()
            let slow = try server.connect()
            try slow.send("GET / HTTP/1.1\r\nHost: ")
            #expect(try silent.receiveUntilEnd().isEmpty)
            _ = try slow.receiveUntilEnd()
            #expect(server.isAlive())
        }
    }

    @Test(arguments: [(403, "the origin is not allowed"), (429, "too many"), (503, "draining")])
    func `a handshake is refused with the status and words of the delegate`(status: Int, reason: String) async throws {
        let script = ServerProbe.Script(decide: { _ in .refuse(status: status, reason: reason) })
        try await TestServer.run(script: script) { server in
            let (peer, head) = try server.upgrade()
            #expect(head.hasPrefix("HTTP/1.1 \(status) "))
            #expect(head.header("Connection") == "close")
            #expect(String(decoding: try peer.receiveUntilEnd(), as: UTF8.self) == reason + "\n")
        }
    }

    @Test
    func `the origin reaches the decision`() async throws {
        let script = ServerProbe.Script(decide: {
            $0.origin == "https://good.example" ? .accept : .refuse(status: 403, reason: "origin")
        })
        try await TestServer.run(script: script) { server in
            for (origin, status) in [("https://good.example", "101"), ("https://bad.example", "403")] {
                let peer = try server.connect()
                try peer.send(TestServer.handshake(headers: "Origin: \(origin)\r\n"))
                #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 \(status) "))
            }
        }
    }
}
