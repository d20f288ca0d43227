import HeadCases
import Testing

@testable import WebSockets

/// First heads over sockets, plaintext: what the tables of `HeadCases` say, and what needs a connection to be seen.
@Suite(.timeLimit(.minutes(1)))
struct FirstHeadTests {
    /// A server of every method, all of whose answers are "served".
    static func run(
        heads: HeadDesk.Limits? = nil,
        maximumConnections: Int = 1000,
        adjust: (inout WebSocketServer.Options) -> Void = { _ in },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let script = ServerProbe.Script(requested: { $0.respond(.text("served")) })
        try await TestServer.run(
            script: script,
            maximumConnections: maximumConnections,
            adjust: {
                $0.methods = HTTPRequest.Method.allCases
                adjust(&$0)
            },
            heads: heads,
            body
        )
    }

    private static func status(_ answer: String) -> Int? { Int(answer.dropFirst("HTTP/1.1 ".count).prefix(3)) }

    @Test func `every head of the tables gets its status, and no page of libwebsockets`() async throws {
        try await Self.run { server in
            for head in HeadCase.all {
                let peer = try server.connect()
                // A server that has heard enough may close before all of it was sent.
                try? peer.send(head.bytes)
                let answer = try peer.receiveHead()
                #expect(Self.status(answer) == head.status, "\(head.rule): \(answer)")
                #expect(!answer.lowercased().contains("text/html"))
                if case .served = head.outcome { continue }
                if case .upgraded = head.outcome {
                    try peer.send(RawFrame(opcode: 9, payload: [1]).masked)
                    #expect(try peer.receiveFrame() == RawFrame(opcode: 10, payload: [1]))
                    continue
                }
                #expect(answer.contains("\r\nConnection: close\r\n"), "\(head.rule)")
                #expect(answer.contains("\r\nAllow: ") == [204, 405].contains(head.status), "\(head.rule)")
                #expect(answer.contains("\r\nSec-WebSocket-Version: 13\r\n") == (head.status == 426), "\(head.rule)")
                let rest = try peer.receiveUntilEnd()
                let hasBody = head.status != 204 && !head.text.hasPrefix("HEAD ")
                #expect(rest.last == (hasBody ? UInt8(ascii: "\n") : nil), "\(head.rule)")
            }
            #expect(server.isAlive())
        }
    }

    @Test func `a name that others begin with takes no line with it`() async throws {
        try await TestServer.run { server in
            for name in HeadCase.prefixes {
                let peer = try server.connect()
                try peer.send(
                    "GET / HTTP/1.1\r\n\(name): b\r\nHost: h\r\n\(name): b\r\nOrigin: o\r\n\(name): b\r\n\r\n"
                )
                let exchange = try #require(await server.probe.nextExchange())
                #expect(exchange.request.host == "h")
                #expect(exchange.request.origin == "o")
                let other = try server.connect()
                try other.send(TestServer.handshake(headers: "\(name): b\r\nOrigin: o\r\n\(name): b\r\n"))
                #expect(try other.receiveHead().hasPrefix("HTTP/1.1 101"))
                #expect(await server.probe.nextOpened()?.request.origin == "o")
            }
        }
    }

    @Test func `a whole URL's authority is the Host`() async throws {
        try await TestServer.run { server in
            let peer = try server.connect()
            try peer.send("GET http://b:1/c?d=e HTTP/1.1\r\nHost: a\r\n\r\n")
            let request = try #require(await server.probe.nextExchange()).request
            #expect(request.host == "b:1")
            #expect(request.path == "/c")
            #expect(request.query == [QueryItem(name: "d", value: "e")])
        }
    }

    @Test func `a head may come byte by byte, with what belongs behind it`() async throws {
        try await Self.run { server in
            let (request, upgraded) = (try server.connect(), try server.connect())
            let text = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8)
            let handshake = Array(TestServer.handshake().utf8) + RawFrame.text("early").masked
            for index in 0..<max(text.count, handshake.count) {
                if index < text.count { try request.send([text[index]]) }
                if index < handshake.count { try upgraded.send([handshake[index]]) }
            }
            #expect(try request.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try upgraded.receiveHead().hasPrefix("HTTP/1.1 101"))
            #expect(await server.probe.nextMessage()?.bytes == Array("early".utf8))
        }
    }

    @Test func `what comes together with a head is read behind it`() async throws {
        try await Self.run { server in
            let upgraded = try server.connect()
            try upgraded.send(
                Array(TestServer.handshake().utf8) + RawFrame.text("a").masked + RawFrame.text("b").masked
            )
            #expect(try upgraded.receiveHead().hasPrefix("HTTP/1.1 101"))
            for text in ["a", "b"] { #expect(await server.probe.nextMessage()?.bytes == Array(text.utf8)) }
            let pipelined = try server.connect()
            try pipelined.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 3))
            for _ in 0..<3 {
                #expect(try pipelined.receiveHead().hasPrefix("HTTP/1.1 200"))
                #expect(try pipelined.receive(exactly: 7) == Array("served\n".utf8))
            }
        }
    }

    @Test func `a client that ends its side behind its head is answered`() async throws {
        try await Self.run { server in
            for request in [
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
            ] {
                let peer = try server.connect()
                try peer.send(request)
                peer.finishSending()
                #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    @Test func `a client that ends its side within its head is told, one that said nothing is not`() async throws {
        try await Self.run { server in
            let (half, silent) = (try server.connect(), try server.connect())
            try half.send("GET / HT")
            for peer in [half, silent] { peer.finishSending() }
            #expect(try half.receiveHead().hasPrefix("HTTP/1.1 400"))
            #expect(try silent.receiveUntilEnd().isEmpty)
            #expect(server.refusals == [.head: 1])
        }
    }

    @Test func `a refusal reaches a client that goes on to send`() async throws {
        try await Self.run { server in
            let peer = try server.connect()
            try peer.send("BREW / HTTP/1.1\r\nHost: a\r\n")
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 501"))
            // A reset would lose what comes behind the answer's head.
            for _ in 0..<100 { try peer.send([UInt8](repeating: 0x78, count: 1000)) }
            #expect(try peer.receiveUntilEnd() == Array("the method is unknown\n".utf8))
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1", "Sec-WebSocket-Version: 8", 426), ("GET / HTTP/1.1", "Sec-WebSocket-Version: 13", 400),
        ("GET / HTTP/1.0", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13", 400),
        (
            "GET / HTTP/1.1",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Extensions: x; y=" + String(repeating: "z", count: 300),
            400
        ), ("GET / HTTP/1.1", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short", 400),
    ])
    func `a later request's handshake is judged as far as libwebsockets shows it`(
        line: String,
        fields: String,
        status: Int
    ) async throws {
        try await Self.run { server in
            let peer = try server.connect()
            try peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try peer.receive(exactly: 7) == Array("served\n".utf8))
            try peer.send("\(line)\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\(fields)\r\n\r\n")
            let answer = try peer.receiveHead()
            #expect(Self.status(answer) == status, "\(answer)")
            #expect(answer.contains("\r\nSec-WebSocket-Version: 13\r\n") == (status == 426))
        }
    }

    /// Why more than the first head should be read so: each line is what a later one still meets.
    @Test func `lines of a query are lines of its parameters, and end their connection`() async throws {
        try await TestServer.run(script: .init(requested: { $0.respond(.text("served")) })) { server in
            let peer = try server.connect()
            let target = "/g?query=%7B%0A%20%20a%28b%3A%22%5Cn%2522%25%22%29%0d%0A%7D&c+d%3D=e%26f%2B;h&i=j=k&%61"
            try peer.send("GET \(target) HTTP/1.1\r\nHost: a\r\nOrigin: o\r\n\r\n")
            let head = try peer.receiveHead()
            #expect(head.hasPrefix("HTTP/1.1 200"))
            #expect(head.contains("\r\nConnection: close\r\n"))
            #expect(try peer.receiveUntilEnd() == Array("served\n".utf8))
            let request = try #require(await server.probe.nextExchange()).request
            #expect(request.query.map(\.name) == ["query", "c d=", "h", "i", "a"])
            #expect(request.query.map(\.value) == ["{\n  a(b:\"\\n%22%\")\r\n}", "e&f+", "", "j=k", ""])
            #expect(request.host == "a")
            #expect(request.origin == "o")
            let upgraded = try server.upgrade(path: "/?a=%0A%25")
            #expect(upgraded.head.hasPrefix("HTTP/1.1 101"))
            #expect(await server.probe.nextOpened()?.request.query == [QueryItem(name: "a", value: "\n%")])
        }
    }

    @Test func `a query is long by its decoded bytes only`() async throws {
        try await TestServer.run(script: .init(requested: { $0.respond(.text("served")) })) { server in
            let peer = try server.connect()
            try peer.send("GET /?q=\(String(repeating: "%0A", count: 5400)) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(await server.probe.nextExchange()?.request.query.first?.value.utf8.count == 5400)
        }
    }

    /// Heads of one size, by what makes them so large.
    private static let largeHeads: [(kind: String, of: @Sendable (Int) -> String)] = [
        ("a path", { fill("GET /", " HTTP/1.1\r\nHost: a\r\n\r\n", to: $0) }),
        ("a parameter", { fill("GET /?a=", " HTTP/1.1\r\nHost: a\r\n\r\n", to: $0) }),
        ("a URL", { fill("GET http://b/", " HTTP/1.0\r\n\r\n", to: $0) }),
        ("a known field", { fill("GET / HTTP/1.1\r\nHost: a\r\nAccept:", "\r\n\r\n", to: $0) }),
        ("a custom field", { fill("GET / HTTP/1.1\r\nHost: a\r\nLast-Event-ID:", "\r\n\r\n", to: $0) }),
        ("an unknown field", { fill("GET / HTTP/1.1\r\nHost: a\r\nCookie: ", "\r\n\r\n", to: $0) }),
        (
            "many fields",
            { size in
                let names = [
                    "Origin", "Content-Type", "Expect", "Accept", "Last-Event-ID", "Authorization", "Sec-Fetch-Site",
                    "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
                ]
                let fields = names.map { "\($0):b\r\n" }.joined()
                let query = String(repeating: "&", count: 60)
                return fill("GET /?\(query) HTTP/1.1\r\nHost:a\r\n\(fields)X-Forwarded-Proto:", "\r\n\r\n", to: size)
            }
        ),
        (
            "a handshake",
            { size in
                let handshake = TestServer.handshake(headers: "Authorization:")
                return fill(String(handshake.dropLast(1)), "\r\n\r\n", to: size)
            }
        ),
    ]

    private static func fill(_ start: String, _ end: String, to size: Int) -> String {
        start + String(repeating: "x", count: size - start.utf8.count - end.utf8.count) + end
    }

    @Test(arguments: FirstHeadTests.largeHeads.indices)
    func `a head of up to 16 KiB is served, and a larger one told so`(index: Int) async throws {
        let (kind, head) = Self.largeHeads[index]
        try await Self.run { server in
            for size in 16_340...16_390 {
                let peer = try server.connect()
                let text = head(size)
                #expect(text.utf8.count == size)
                try? peer.send(text)
                let status = Self.status((try? peer.receiveHead()) ?? "")
                let served = kind == "a handshake" ? 101 : 200
                // By whether it is the request line that ends too late.
                #expect((size <= 16_384 ? [served] : [414, 431]).contains(status), "\(kind), \(size) bytes")
            }
        }
    }

    @Test(arguments: ["/%0aX-Auth:", "/%0AHost:a:", "/?b=c%20HTTP/1.1%0aA:", "/%0aA:%20HTTP/1.1%0aB:"])
    func `an encoded end of a line in a later request's target hides no field of it`(target: String) async throws {
        try await TestServer.run(script: .init(requested: { $0.respond(.text("served")) })) { server in
            let peer = try server.connect()
            try peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try peer.receive(exactly: 7) == Array("served\n".utf8))
            try peer.send("GET \(target) HTTP/1.1\r\nHost: b\r\nOrigin: http://b\r\n\r\n")
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test(arguments: [
        ("X-Auth: b\r\nOrigin: o", "the line behind a name that others begin with is lost", nil as String?),
        ("Origin: o", "another line is not", "o"),
    ])
    func `a later request keeps libwebsockets' faults`(fields: String, rule: Comment, origin: String?) async throws {
        try await TestServer.run(script: .init(requested: { $0.respond(.text("served")) })) { server in
            let peer = try server.connect()
            for text in ["", fields + "\r\n"] {
                try peer.send("GET / HTTP/1.1\r\nHost: a\r\n\(text)\r\n")
                #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
                #expect(try peer.receive(exactly: 7) == Array("served\n".utf8))
            }
            _ = await server.probe.nextExchange()
            #expect(await server.probe.nextExchange()?.request.origin == origin, rule)
        }
    }

    @Test func `a stream of events begins by a first head`() async throws {
        let script = ServerProbe.Script(requested: { exchange in
            let stream = exchange.stream("text/event-stream", timeout: .seconds(60))
            stream?.send(event: Array("data: a\n\n".utf8))
        })
        try await TestServer.run(script: script) { server in
            let peer = try server.connect()
            try peer.send("GET / HTTP/1.1\r\nHost: a\r\nX-Auth: b\r\n\r\n")
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 200"))
            #expect(try peer.receive(exactly: 9) == Array("data: a\n\n".utf8))
        }
    }
}
