import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct SubprotocolTests {
    @Test(arguments: [
        ("graphql-ws", "graphql-ws"), ("graphql-transport-ws", "graphql-transport-ws"),
        ("mqtt, graphql-ws", "graphql-ws"), ("mqtt,amqp , graphql-transport-ws, graphql-ws", "graphql-transport-ws"),
        ("graphql-ws, graphql-transport-ws", "graphql-ws"), ("http, graphql-ws", "graphql-ws"),
        ("fanout.v1.json", "fanout.v1.json"),
    ])
    func `the first offered subprotocol that is served is chosen`(offered: String, chosen: String) async throws {
        try await TestServer.run(subprotocols: ["graphql-transport-ws", "graphql-ws", "fanout.v1.json"]) { server in
            let (_, head) = try server.upgrade(subprotocols: offered)
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(head.header("Sec-WebSocket-Protocol") == chosen)
            #expect(await server.probe.nextOpened()?.subprotocol == chosen)
        }
    }

    @Test(arguments: [
        ("a,graphql-ws", ["a", "graphql-ws"]), (" a\t, \tgraphql-ws \t", ["a", "graphql-ws"]),
        ("graphql-ws", ["graphql-ws"]), (",,graphql-ws, ,a,", ["graphql-ws", "a"]), (" ,, ", []),
        ("graphql-ws,a b", ["graphql-ws", "a b"]),
        ("graphql-ws,\u{301}", ["graphql-ws", "\u{301}"]),
    ])
    func `an offer is read by its commas, without the blanks around them`(
        offered: String,
        read: [String]
    ) async throws {
        try await TestServer.run(subprotocols: ["graphql-ws"]) { server in
            let (_, head) = try server.upgrade(subprotocols: offered)
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(await server.probe.nextOpened()?.request.subprotocols == read)
        }
    }

    @Test
    func `a client that offers none gets none`() async throws {
        try await TestServer.run(subprotocols: ["graphql-transport-ws"]) { server in
            let (_, head) = try server.upgrade()
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(!head.lowercased().contains("sec-websocket-protocol"))
            let opened = try #require(await server.probe.nextOpened())
            #expect(opened.subprotocol == nil)
            #expect(opened.request.subprotocols.isEmpty)
        }
    }

    @Test(arguments: ["mqtt", "graphql-transport-w", "Graphql-WS", "http", "no subprotocol", "mqtt, amqp", "client"])
    func `what is offered but not served is answered 400 with what is`(offered: String) async throws {
        try await TestServer.run(subprotocols: ["graphql-transport-ws", "graphql-ws"]) { server in
            let (peer, head) = try server.upgrade(subprotocols: offered)
            #expect(head.hasPrefix("HTTP/1.1 400 "))
            let body = String(decoding: try peer.receiveUntilEnd(), as: UTF8.self)
            #expect(body.contains("graphql-transport-ws, graphql-ws"))
        }
    }

    @Test(arguments: ["a b, graphql-ws", "a;b, graphql-ws", "\(String(repeating: "x", count: 64)), graphql-ws"])
    func `an offer that libwebsockets can't read up to what is served is answered 400`(offered: String) async throws {
        try await TestServer.run(subprotocols: ["graphql-ws"]) { server in
            let (_, head) = try server.upgrade(subprotocols: offered)
            #expect(head.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test(arguments: [",, graphql-ws", " ,", "a,,graphql-ws"])
    func `empty names are answered 400 in a later request, where libwebsockets reads them itself`(
        offered: String
    ) async throws {
        let script = ServerProbe.Script(requested: { $0.respond(.text("served")) })
        try await TestServer.run(subprotocols: ["graphql-ws"], script: script) { server in
            let peer = try server.connect()
            try peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try peer.receive(exactly: 7) == Array("served\n".utf8))
            try peer.send(TestServer.handshake(subprotocols: offered))
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test
    func `an offer over 126 bytes is answered 400`() async throws {
        try await TestServer.run(subprotocols: ["graphql-ws"]) { server in
            let (_, head) = try server.upgrade(subprotocols: "graphql-ws, " + String(repeating: "x", count: 128))
            #expect(head.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test(arguments: [
        (",graphql-ws", "graphql-ws"), ("mqtt,,graphql-ws", "graphql-ws"), ("graphql-ws,", "graphql-ws"),
        (", ,\t,mqtt ,\tgraphql-ws\t,,", "graphql-ws"), (",", ""), (" , ,", ""),
    ])
    func `empty elements of a list count for nothing`(offered: String, chosen: String) async throws {
        try await TestServer.run(subprotocols: ["graphql-transport-ws", "graphql-ws"]) { server in
            let (_, head) = try server.upgrade(subprotocols: offered)
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(head.header("Sec-WebSocket-Protocol") == chosen)
            #expect(await server.probe.nextOpened()?.subprotocol ?? "" == chosen)
        }
    }

    @Test(arguments: "!#$%&'*+-.^_`|~09azAZ".map { String($0) })
    func `a name of any characters that a token may have harms no list`(character: String) async throws {
        try await TestServer.run(subprotocols: ["graphql-ws"]) { server in
            for name in ["x\(character)", "\(character)x", "x\(character)x", "\(character)\(character)x"] {
                let (_, head) = try server.upgrade(subprotocols: "\(name), graphql-ws")
                #expect(head.hasPrefix("HTTP/1.1 101"), "\(name)")
                #expect(head.header("Sec-WebSocket-Protocol") == "graphql-ws", "\(name)")
            }
        }
    }

    @Test(arguments: [
        "a b, graphql-ws", "graphql-ws;x", "=;, graphql-ws", "\"graphql-ws\"", "\u{FC}, graphql-ws",
        "7, graphql-ws", "1.5,graphql-ws", "1.2.x, graphql-ws",
    ])
    func `an offer of what libwebsockets would cut at is answered 400`(offered: String) async throws {
        try await TestServer.run(subprotocols: ["graphql-ws"]) { server in
            let (_, head) = try server.upgrade(subprotocols: offered)
            #expect(head.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test(arguments: [",", ",,", "graphql-ws,,mqtt", "a b", "\u{7F}", "=;,\"", "graphql-ws;x"])
    func `a malformed offer harms nobody`(offered: String) async throws {
        try await TestServer.run(subprotocols: ["graphql-ws"]) { server in
            let peer = try server.connect()
            try peer.send(TestServer.handshake(subprotocols: offered))
            peer.finishSending()
            _ = try peer.receiveUntilEnd()
            #expect(server.isAlive())
        }
    }
}
