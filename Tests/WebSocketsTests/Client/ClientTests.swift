import Glibc
import Testing
import WebSockets
import Wire

@Suite(.timeLimit(.minutes(1)))
struct ClientTests {
    private func withClient(
        whenDialled: @escaping @Sendable (WebSocket) -> Void = { _ in },
        _ body: (ClientProbe) async throws -> Void
    ) async throws {
        // Peers leave their side open: what ends a link then is the close timeout.
        let loop = try EventLoop(name: "dial", closeTimeout: .milliseconds(200))
        let probe = ClientProbe(on: loop, whenDialled: whenDialled)
        do {
            try await body(probe)
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }

    @Test(arguments: [("127.0.0.1", AF_INET), ("::1", AF_INET6), ("localhost", AF_INET)])
    func `a client dials, sends, receives and is told the close code`(host: String, family: Int32) async throws {
        let listener = try RawListener(family: family)
        try await withClient { probe in
            _ = await probe.dial(
                .loopback(
                    listener.port,
                    host: host,
                    path: "/graphql?a=b",
                    subprotocols: ["one", "two"],
                    headers: [
                        HTTPField(name: "X-First", value: "1"), HTTPField(name: "Authorization", value: "Bearer abc"),
                    ]
                )
            )
            let peer = try listener.accept()
            let head = try peer.acceptUpgrade(subprotocol: "two")
            #expect(head.hasPrefix("GET /graphql?a=b HTTP/1.1\r\n"))
            #expect(
                head.header("Host") == (host.contains(":") ? "[\(host)]:\(listener.port)" : "\(host):\(listener.port)")
            )
            #expect(head.header("X-First") == "1")
            #expect(head.header("Authorization") == "Bearer abc")
            #expect(head.header("Sec-WebSocket-Protocol").filter { $0 != " " } == "one,two")
            #expect(head.header("Origin") == "")
            let dialled = try #require(await probe.nextDialled())
            #expect(dialled.subprotocol == "two")

            probe.loop.execute { dialled.socket.send(text: Array("hello".utf8)) }
            #expect(try peer.receiveFrame() == RawFrame(opcode: 1, isMasked: true, payload: Array("hello".utf8)))
            try peer.send(RawFrame.text("welcome").encoded)
            #expect(await probe.nextMessage()?.bytes == Array("welcome".utf8))
            try peer.send(RawFrame(opcode: 9, payload: [1, 2]).encoded)
            #expect(try peer.receiveFrame() == RawFrame(opcode: 10, isMasked: true, payload: [1, 2]))
            probe.loop.execute { dialled.socket.ping() }
            let ping = try #require(try peer.receiveFrame())
            #expect(ping.opcode == 9)
            try peer.send(RawFrame(opcode: 10, payload: ping.payload).encoded)
            #expect(await probe.nextPong())
            try peer.send(RawFrame.close(4403, "Forbidden").encoded)
            #expect(try peer.receiveFrame()?.closeCode == 4403)
            #expect(await probe.nextClosure() == WebSocketClosure(code: 4403, reason: "Forbidden"))
        }
    }

    @Test(arguments: [1, 125, 126, 65535, 65536, 2 << 20])
    func `messages of every size arrive whole, both ways`(size: Int) async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(.loopback(listener.port))
            let peer = try listener.accept()
            try peer.acceptUpgrade()
            let dialled = try #require(await probe.nextDialled())
            #expect(dialled.subprotocol == nil)
            let payload = (0..<size).map { UInt8($0 % 251) }
            try peer.send(RawFrame(opcode: 2, payload: payload).encoded)
            let message = try #require(await probe.nextMessage())
            #expect(message.bytes == payload)
            #expect(!message.isText)
            probe.loop.execute { dialled.socket.send(text: payload) }
            let frame = try #require(try peer.receiveFrame())
            #expect(frame.payload == payload)
            #expect(frame.isMasked)
        }
    }

    @Test
    func `a refused connection is an error`() async throws {
        let port = try RawListener().port
        try await withClient { probe in
            _ = await probe.dial(.loopback(port))
            guard case .dialFailed(_, status: nil, _) = await probe.nextFailure() else {
                Issue.record("no failure without a status")
                return
            }
        }
    }

    @Test
    func `an unknown name is an error`() async throws {
        try await withClient { probe in
            _ = await probe.dial(.loopback(80, host: "no-such-name.invalid"))
            guard case .unresolvable(host: "no-such-name.invalid", _) = await probe.nextFailure() else {
                Issue.record("no failure of the resolution")
                return
            }
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403),
        ("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", 401),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:PORT/\r\nContent-Length: 0\r\n\r\n", 302),
        ("HTTP/1.1 307 Temporary Redirect\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", 307),
        ("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n", 503),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200),
    ])
    func `an HTTP answer instead of an upgrade is an error with its status`(answer: String, status: Int) async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(.loopback(listener.port))
            let peer = try listener.accept()
            _ = try peer.receiveHead()
            let text = answer.split(separator: "PORT", omittingEmptySubsequences: false)
            try peer.send(text.joined(separator: "\(listener.port)"))
            guard case .dialFailed(_, status: status, _) = await probe.nextFailure() else {
                Issue.record("no failure with status \(status)")
                return
            }
            #expect(try peer.receiveUntilEnd() == [])
            // A redirect is reported, not followed.
            #expect(!listener.isCalled)
        }
    }

    @Test(arguments: [
        "SSH-2.0-OpenSSH_9.2\r\n", "\0\u{1}\u{2}garbage", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 101 x\r\n\r\n", "",
    ])
    func `garbage instead of an upgrade is an error`(answer: String) async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(.loopback(listener.port))
            let peer = try listener.accept()
            _ = try peer.receiveHead()
            try peer.send(answer)
            peer.finishSending()
            guard case .dialFailed = await probe.nextFailure() else {
                Issue.record("no failure")
                return
            }
        }
    }

    @Test(arguments: [("two", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), ("three", nil)])
    func `a wrong accept key and a subprotocol that was not offered are errors`(
        subprotocol: String,
        accept: String?
    ) async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(.loopback(listener.port, subprotocols: ["one", "two"]))
            let peer = try listener.accept()
            try peer.acceptUpgrade(subprotocol: subprotocol, accept: accept)
            guard case .dialFailed = await probe.nextFailure() else {
                Issue.record("no failure")
                return
            }
        }
    }

    @Test(arguments: [0, 1, 2])
    func `an abandoned dial ends without another word`(stage: Int) async throws {
        let listener = try RawListener()
        try await withClient { probe in
            let client = await probe.dial(.loopback(listener.port))
            // Abandoned while it resolves, while it waits for an answer, or never answered at all.
            var peer: RawPeer?
            if stage > 0 { peer = try listener.accept() }
            if stage > 1 { _ = try peer?.receiveHead() }
            await probe.abandon(client)
            if let peer { _ = try peer.receiveUntilEnd() }
            // Another dial on the same loop shows that nothing was told in between.
            let second = try RawListener()
            _ = await probe.dial(.loopback(second.port))
            try second.accept().acceptUpgrade()
            #expect(await probe.nextDialled() != nil)
        }
    }

    @Test
    func `a dial that is abandoned while it connects is cut at once, not after a timeout`() async throws {
        let listener = try RawListener()
        try await withClient { probe in
            for _ in 0..<5 {
                await probe.abandonWhileConnecting(probe.dial(.loopback(listener.port)))
                // The peer's time is shorter than libwebsockets' 20 s for an answer to its handshake.
                _ = try listener.accept().receiveUntilEnd()
            }
        }
    }

    @Test(arguments: [
        ("/", "X-Evil", "a\r\nX-Injected: b"), ("/", "X-Evil: a\r\nX-Injected", "b"), ("/", "", "a"),
        ("/ HTTP/1.1\r\nX-Injected: b\r\n", "X", "a"), ("no-slash", "X", "a"), ("/", "Upgrade", "h2c"),
        ("/", "connection", "close"), ("/", "Sec-WebSocket-Key", "a"), ("/", "Content-Length", "5"),
    ])
    func `what would break out of its place in the handshake is refused`(
        path: String,
        name: String,
        value: String
    ) async throws {
        let listener = try RawListener()
        try await withClient { probe in
            let headers = [HTTPField(name: name, value: value)]
            _ = await probe.dial(.loopback(listener.port, path: path, headers: headers))
            guard case .dialFailed = await probe.nextFailure() else {
                Issue.record("no failure")
                return
            }
            #expect(!listener.isCalled)
        }
    }

    @Test
    func `a handshake that is too large to be sent is an error`() async throws {
        let listener = try RawListener()
        try await withClient { probe in
            let large = HTTPField(name: "X-Large", value: String(repeating: "a", count: 20_000))
            _ = await probe.dial(.loopback(listener.port, headers: [large]))
            guard case .dialFailed = await probe.nextFailure() else {
                Issue.record("no failure")
                return
            }
        }
    }

    @Test
    func `frames that come with the handshake's answer are not lost`() async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(.loopback(listener.port))
            let peer = try listener.accept()
            let first = RawFrame.text("first").encoded
            let second = RawFrame(opcode: 1, payload: [UInt8](repeating: 98, count: 3000)).encoded
            try peer.acceptUpgrade(followedBy: first + second)
            #expect(await probe.nextMessage()?.bytes == Array("first".utf8))
            #expect(await probe.nextMessage()?.bytes.count == 3000)
        }
    }

    @Test
    func `a client's message over the limit closes 1009`() async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(
                .loopback(listener.port, limits: WebSocket.Limits(messageSize: 1000, controlSize: 1000))
            )
            let peer = try listener.accept()
            try peer.acceptUpgrade()
            try peer.send(RawFrame(opcode: 1, payload: [UInt8](repeating: 97, count: 1001)).encoded)
            #expect(try peer.receiveFrame()?.closeCode == 1009)
            try peer.send(RawFrame.close(1009).encoded)
            let closure = await probe.nextClosure()
            #expect(closure?.ownCode == 1009)
        }
    }

    @Test(arguments: [1002, 1012, 1013, 1014] as [UInt16], [false, true])
    func `a server's close code arrives as it is, with the handshake's answer too`(
        code: UInt16,
        comesWithAnswer: Bool
    ) async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(.loopback(listener.port))
            let peer = try listener.accept()
            let close = RawFrame.close(code, "later").encoded
            try peer.acceptUpgrade(followedBy: comesWithAnswer ? close : [])
            if !comesWithAnswer {
                _ = await probe.nextDialled()
                try peer.send(close)
            }
            let closure = try #require(await probe.nextClosure())
            #expect(closure.code == code)
            #expect(closure.reason == "later")
        }
    }

    @Test
    func `a close is answered with its code, and the server may take its time to hang up`() async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(.loopback(listener.port))
            let peer = try listener.accept()
            try peer.acceptUpgrade()
            _ = await probe.nextDialled()
            try peer.send(RawFrame.close(4400, "no").encoded)
            #expect(try peer.receiveFrame()?.closeCode == 4400)
            peer.finishSending()
            #expect(await probe.nextClosure()?.code == 4400)
        }
    }

    @Test(
        arguments: [
            [0xC1, 0], [0x81, 0x80, 0, 0, 0, 0], [0x83, 0], [0x80, 0], [0x09, 0], [0x89, 126, 0, 126],
            [0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        ] as [[UInt8]]
    )
    func `bytes that are no frame close with 1002`(bytes: [UInt8]) async throws {
        let listener = try RawListener()
        try await withClient { probe in
            _ = await probe.dial(.loopback(listener.port))
            let peer = try listener.accept()
            try peer.acceptUpgrade()
            _ = await probe.nextDialled()
            try peer.send(bytes)
            #expect(try peer.receiveFrame()?.closeCode == 1002)
            #expect(await probe.nextClosure()?.ownCode == 1002)
        }
    }
}

extension ClientProbe {
    /// Gives a dial up in the turn in which it has begun to connect, before the loop looks at the socket.
    fileprivate func abandonWhileConnecting(_ client: WebSocketClient) async {
        while client.progress?.hasPrefix("waiting") != true { await Task.yield() }
        client.abandon()
    }
}
