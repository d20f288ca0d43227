import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct HandshakeTests {
    @Test
    func `a client is let in, heard, answered and told goodbye`() async throws {
        var script = ServerProbe.Script()
        script.received = { text, socket in socket.send(text: Array("you said \(text)".utf8)) }
        try await TestServer.run(script: script) { server in
            let (peer, head) = try server.upgrade(path: "/topics/a%20b?x=1&y=%26")
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            let opened = try #require(await server.probe.nextOpened())
            #expect(opened.request.path == "/topics/a b")
            #expect(
                opened.request.query == [QueryItem(name: "x", value: "1"), QueryItem(name: "y", value: "&")]
            )
            #expect(opened.request.host == "localhost")
            #expect(opened.subprotocol == nil)
            try peer.send(RawFrame.text("hello").masked)
            #expect(try peer.receiveFrame() == .text("you said hello"))
            server.loop.execute { opened.socket.close(4409, "Subscriber for a already exists") }
            #expect(try peer.receiveFrame() == .close(4409, "Subscriber for a already exists"))
            try peer.send(RawFrame.close(4409).masked)
            #expect(try peer.receiveFrame() == nil)
            #expect(
                await server.probe.nextClosure()
                    == WebSocketClosure(code: 4409, reason: "Subscriber for a already exists", ownCode: 4409)
            )
        }
    }

    @Test(arguments: [
        ("a=b=c", [QueryItem(name: "a", value: "b=c")]), ("a=", [QueryItem(name: "a", value: "")]),
        ("a&b=c", [QueryItem(name: "a", value: ""), QueryItem(name: "b", value: "c")]),
        ("a=%CC%81", [QueryItem(name: "a", value: "\u{301}")]),
    ])
    func `a parameter's value begins behind the first sign`(query: String, items: [QueryItem]) async throws {
        try await TestServer.run { server in
            let (_, head) = try server.upgrade(path: "/?\(query)")
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(await server.probe.nextOpened()?.request.query == items)
        }
    }

    @Test
    func `a client is let in though many are silent before it`() async throws {
        try await TestServer.run { server in
            let silent = try (0..<300).map { _ in try server.connect() }
            let (peer, head) = try server.upgrade()
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(server.listener.accepted == 301)
            // A shard has whoever has said something.
            #expect(server.server.connections == 1)
            withExtendedLifetime((silent, peer)) {}
        }
    }
}
