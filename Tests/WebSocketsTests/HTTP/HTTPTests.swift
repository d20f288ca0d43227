import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct HTTPTests {
    private static func get(_ path: String, method: String = "GET", headers: String = "") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n"
    }

    private static let echo = ServerProbe.Script(requested: { exchange in
        exchange.respond(.text(exchange.path + exchange.query.map { " \($0.name)=\($0.value)" }.joined()))
    })

    @Test
    func `requests are answered one after another on one connection`() async throws {
        try await TestServer.run(script: Self.echo) { server in
            let peer = try server.connect()
            for index in 0..<5 {
                try peer.send(Self.get("/path%20\(index)?a=\(index)&b=%3D"))
                let head = try peer.receiveHead()
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                let body = "/path \(index) a=\(index) b==\n"
                #expect(head.header("Content-Length") == "\(body.utf8.count)")
                #expect(String(decoding: try peer.receive(exactly: body.utf8.count), as: UTF8.self) == body)
            }
            // The same connection may still become a WebSocket.
            try peer.send(TestServer.handshake())
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101"))
            try peer.send(RawFrame.text("hi").masked)
            #expect(await server.probe.nextMessage()?.bytes == Array("hi".utf8))
        }
    }

    @Test
    func `HEAD gets the head only`() async throws {
        try await TestServer.run(script: Self.echo) { server in
            let peer = try server.connect()
            try peer.send(Self.get("/abc", method: "HEAD"))
            #expect(try peer.receiveHead().header("Content-Length") == "5")
            try peer.send(Self.get("/d"))
            #expect(try peer.receiveHead().header("Content-Length") == "3")
            #expect(try peer.receive(exactly: 3) == Array("/d\n".utf8))
        }
    }

    @Test(arguments: ["Connection: close\r\n", "HTTP/1.0"])
    func `a client that wants no more gets its answer and the end`(wish: String) async throws {
        try await TestServer.run(script: Self.echo) { server in
            let peer = try server.connect()
            let request = Self.get("/last", headers: wish.contains(":") ? wish : "")
            try peer.send(wish.contains(":") ? request : "GET /last HTTP/1.0\r\n\r\n")
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("HTTP/1.1 200"))
            #expect(head.header("Connection") == "close")
            #expect(String(decoding: try peer.receiveUntilEnd(), as: UTF8.self) == "/last\n")
        }
    }

    @Test
    func `a client that asks for h2c with each request is answered each time on one connection`() async throws {
        let wish = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: H2C\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
        try await TestServer.run(script: Self.echo, adjust: { $0.methods = [.get, .post] }) { server in
            let peer = try server.connect()
            for request in [
                Self.get("/a", headers: wish), Self.get("/b", headers: wish),
                Self.get("/c", method: "POST", headers: wish + "Content-Length: 2\r\n") + "{}", Self.get("/d"),
                Self.get("/e", headers: wish),
            ] {
                try peer.send(request)
                let head = try peer.receiveHead()
                #expect(head.hasPrefix("HTTP/1.1 200") && !head.contains("Connection:"), "\(request): \(head)")
                _ = try peer.receive(exactly: 3)
            }
            try peer.send(TestServer.handshake())
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101"))
        }
    }

    @Test
    func `a client that asks for another protocol gets its answer and the end`() async throws {
        try await TestServer.run(script: Self.echo) { server in
            let peer = try server.connect()
            try peer.send(Self.get("/a", headers: "Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n"))
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("HTTP/1.1 200") && head.header("Connection") == "close", "\(head)")
            #expect(try peer.receiveUntilEnd() == Array("/a\n".utf8))
        }
    }

    @Test
    func `an answer later than its callback, twice, and after the client's end`() async throws {
        try await TestServer.run { server in
            let peer = try server.connect()
            for index in 0..<3 {
                try peer.send(Self.get("/\(index)"))
                let exchange = try #require(await server.probe.nextExchange())
                server.loop.execute {
                    exchange.respond(.text("late \(exchange.path)", status: 404))
                    exchange.respond(.text("again"))
                }
                #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 404 Not Found\r\n"))
                #expect(try peer.receive(exactly: 8) == Array("late /\(index)\n".utf8))
            }
            var hasty: RawPeer? = try server.connect()
            try hasty?.send(Self.get("/gone"))
            let exchange = try #require(await server.probe.nextExchange())
            hasty = nil
            while server.server.connections > 1 { await Task.yield() }
            server.loop.execute { exchange.respond(.text("too late")) }
            #expect(server.isAlive())
        }
    }

    @Test
    func `a late answer with Connection close ends the connection`() async throws {
        try await TestServer.run { server in
            let peer = try server.connect()
            try peer.send(Self.get("/", headers: "Connection: close\r\n"))
            let exchange = try #require(await server.probe.nextExchange())
            server.loop.execute { exchange.respond(.text("bye")) }
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try peer.receiveUntilEnd() == Array("bye\n".utf8))
        }
    }

    @Test
    func `an answer given within another connection's callback ends its own`() async throws {
        let held = Held()
        let script = ServerProbe.Script(requested: { exchange in
            if exchange.path == "/first" { return held.set(exchange) }
            held.get()?.respond(.text("first"))
            exchange.respond(.text("second"))
        })
        try await TestServer.run(script: script) { server in
            let first = try server.connect()
            try first.send(Self.get("/first", headers: "Connection: close\r\n"))
            _ = await server.probe.nextExchange()
            let second = try server.connect()
            try second.send(Self.get("/second"))
            #expect(try second.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try first.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try first.receiveUntilEnd() == Array("first\n".utf8))
        }
    }

    @Test(arguments: [false, true])
    func `a body of 1 MiB reaches a slow reader whole, and the connection goes on`(isLate: Bool) async throws {
        let body = (0..<(1 << 20)).map { UInt8($0 % 253) }
        let script = ServerProbe.Script(requested: { exchange in
            if !isLate { exchange.respond(HTTPResponse(body: exchange.path == "/large" ? body : [1])) }
        })
        try await TestServer.run(script: script) { server in
            let peer = try server.connect(receiveBuffer: 4096)
            for _ in 0..<2 {
                try peer.send(Self.get("/large"))
                if isLate {
                    let exchange = try #require(await server.probe.nextExchange())
                    server.loop.execute { exchange.respond(HTTPResponse(body: body)) }
                }
                // While this one waits, another is served.
                if !isLate {
                    let other = try server.connect()
                    try other.send(Self.get("/small"))
                    #expect(try other.receiveHead().hasPrefix("HTTP/1.1 200"))
                }
                #expect(try peer.receiveHead().header("Content-Length") == "\(body.count)")
                #expect(try peer.receive(exactly: body.count) == body)
            }
        }
    }

    @Test(arguments: ["read", "left", "read, with Connection: close"])
    func `an answer is over when the kernel has it or the client is gone`(fate: String) async throws {
        try await TestServer.run { server in
            var peer: RawPeer? = try server.connect()
            try peer?.send(Self.get("/", headers: fate.hasSuffix("close") ? "Connection: close\r\n" : ""))
            let exchange = try #require(await server.probe.nextExchange())
            let (turns, continuation) = AsyncStream.makeStream(of: String.self)
            server.loop.execute {
                let body = [UInt8](repeating: 0x78, count: 16 << 20)
                exchange.respond(HTTPResponse(body: body)) { continuation.yield("over") }
                exchange.respond(.text("again")) { continuation.yield("again") }
                continuation.yield("written")
            }
            var iterator = turns.makeAsyncIterator()
            #expect(await iterator.next() == "again")
            #expect(await iterator.next() == "written")
            if fate.hasPrefix("read") {
                _ = try peer?.receiveHead()
                #expect(try peer?.receive(exactly: 16 << 20).count == 16 << 20)
            }
            if fate == "left" { peer = nil }
            #expect(await iterator.next() == "over")
            withExtendedLifetime(peer) {}
        }
    }

    @Test
    func `pipelined requests are answered in order`() async throws {
        try await TestServer.run(script: Self.echo) { server in
            let peer = try server.connect()
            try peer.send((0..<20).map { Self.get("/\($0)") }.joined())
            for index in 0..<20 {
                let head = try peer.receiveHead()
                let count = try #require(Int(head.header("Content-Length")))
                #expect(String(decoding: try peer.receive(exactly: count), as: UTF8.self) == "/\(index)\n")
            }
        }
    }

    @Test
    func `a request that comes while another one waits for its answer harms nobody`() async throws {
        try await TestServer.run { server in
            let peer = try server.connect()
            try peer.send(Self.get("/first"))
            let exchange = try #require(await server.probe.nextExchange())
            try peer.send(Self.get("/second") + Self.get("/third"))
            #expect(server.isAlive())
            server.loop.execute { exchange.respond(.text("1")) }
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(server.isAlive())
        }
    }
}

/// Holds an exchange between callbacks, all of them on one loop's thread.
private final class Held: @unchecked Sendable {
    private var exchange: HTTPExchange?

    func set(_ exchange: HTTPExchange) { self.exchange = exchange }
    func get() -> HTTPExchange? { exchange }
}
