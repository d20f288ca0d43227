import Testing
import Wire

@testable import WebSockets

/// Several requests on one connection of a proxy, each of which may be another client's.
@Suite(.timeLimit(.minutes(1)))
struct ForwardedRequestsTests {
    /// Answers whose the request is, and how large its body; as many bytes at `/large` as there are in it.
    private static let script = ServerProbe.Script(requested: { exchange in
        let request = exchange.request
        let text = "\(exchange.peer) \(request.method.rawValue) \(request.body.count)"
        switch exchange.path {
        case "/large":
            exchange.respond(HTTPResponse(contentType: "text/plain", body: [UInt8](repeating: 0x78, count: Self.large)))
        default: exchange.respond(.text(text))
        }
    })

    private static let large = 8 << 20

    private func serve(
        maximumPerAddress: Int = .max,
        rate: Int? = nil,
        script: ServerProbe.Script = Self.script,
        heads: HeadDesk.Limits? = nil,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(
            script: script,
            maximumPerAddress: maximumPerAddress,
            adjust: { $0.methods = HTTPRequest.Method.allCases },
            adjustListener: { options in
                options.trustedProxies = [AddressRange("127.0.0.1")].compactMap(\.self)
                options.forwardedFields = .forwardedFor(host: false, scheme: false)
                options.acceptRatePerAddress = rate
            },
            heads: heads,
            body
        )
    }

    private static func request(
        _ method: String = "GET",
        _ path: String = "/",
        from client: String,
        fields: String = "",
        body: String = ""
    ) -> String {
        let length = method == "POST" ? "Content-Length: \(body.utf8.count)\r\n" : ""
        return "\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(length)\(fields)X-Forwarded-For: \(client)\r\n\r\n\(body)"
    }

    private func answer(_ peer: RawPeer) throws -> (head: String, body: String) {
        let head = try peer.receiveHead()
        let count = try #require(Int(head.header("Content-Length")))
        return (head, String(decoding: try peer.receive(exactly: count), as: UTF8.self))
    }

    @Test func `each request has the client whom it tells`() async throws {
        try await serve { server in
            let peer = try server.connect()
            let body = String(repeating: "b", count: 3000)
            for (request, expected) in [
                (Self.request(from: "192.0.2.1"), "192.0.2.1 GET 0\n"),
                (Self.request("POST", from: "192.0.2.2", body: body), "192.0.2.2 POST 3000\n"),
                (Self.request("POST", from: "192.0.2.3", body: ""), "192.0.2.3 POST 0\n"),
                // A client can't hide what the proxy appends, by a name of which libwebsockets would lose the next
                // line.
                (
                    Self.request(from: "192.0.2.4", fields: "X-Forwarded-For: 6.6.6.6\r\nX-Auth: a\r\n"),
                    "192.0.2.4 GET 0\n"
                ),
                ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "127.0.0.1 GET 0\n"),
                (Self.request("POST", from: "6.6.6.6, 2001:db8::1", body: "x"), "2001:db8::1 POST 1\n"),
                (Self.request(from: "192.0.2.1"), "192.0.2.1 GET 0\n"),
            ] {
                try peer.send(request)
                let (head, body) = try answer(peer)
                #expect(head.hasPrefix("HTTP/1.1 200 ") && !head.lowercased().contains("connection: close"))
                #expect(body == expected)
            }
            #expect(server.listener.accepted == 1)
            #expect(server.listener.forwarded(from: .client) == 6)
            #expect(server.listener.forwarded(from: .unknown) == 1)
            // And it may end as a WebSocket.
            try peer.send(TestServer.handshake(headers: "X-Forwarded-For: 192.0.2.9\r\n"))
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test func `pieces of heads and bodies may come as they like`() async throws {
        try await serve { server in
            let peer = try server.connect()
            for client in 1...20 {
                let request = Self.request("POST", from: "192.0.2.\(client)", body: "12345678")
                for piece in [request.prefix(client * 5), request.dropFirst(client * 5)] {
                    try peer.send(String(piece))
                    await server.pause(for: .milliseconds(1))
                }
                #expect(try answer(peer).body == "192.0.2.\(client) POST 8\n")
            }
            #expect(server.listener.accepted == 1)
        }
    }

    @Test func `a request that comes together with the former one ends the connection`() async throws {
        try await serve { server in
            for first in [Self.request(from: "192.0.2.1"), Self.request("POST", from: "192.0.2.1", body: "x")] {
                let peer = try server.connect()
                try peer.send(first + Self.request(from: "192.0.2.2"))
                let (head, body) = try answer(peer)
                #expect(head.header("Connection") == "close")
                #expect(body.hasPrefix("192.0.2.1 "))
                #expect(try peer.receiveUntilEnd().isEmpty)
            }
            #expect(server.listener.forwarded(from: .client) == 2)
        }
    }

    @Test func `a request that comes ahead at any moment is its own client's, or isn't served`() async throws {
        try await serve { server in
            var served = 0
            for round in 0..<200 {
                let peer = try server.connect()
                // On the way from one loop to the other, and while it is answered.
                try peer.send(Self.request("POST", from: "192.0.2.1", body: "abc"))
                for _ in 0..<(round * 10) { await Task.yield() }
                try peer.send(Self.request("POST", from: "192.0.2.2", body: "defg"))
                let (head, body) = try answer(peer)
                #expect(body == "192.0.2.1 POST 3\n")
                guard !head.lowercased().contains("connection: close") else {
                    #expect(try peer.receiveUntilEnd().isEmpty)
                    continue
                }
                #expect(try answer(peer).body == "192.0.2.2 POST 4\n")
                served += 1
            }
            #expect(served > 0)
        }
    }

    @Test(arguments: ["Connection: close\r\n", "Connection: foo, Close\r\n"])
    func `whoever wants the end has it`(fields: String) async throws {
        try await serve { server in
            let peer = try server.connect()
            try peer.send(Self.request(from: "192.0.2.1", fields: fields))
            #expect(try answer(peer).head.header("Connection") == "close")
            #expect(try peer.receiveUntilEnd().isEmpty)
            let old = try server.connect()
            try old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
            #expect(try answer(old).head.header("Connection") == "close")
            #expect(try old.receiveUntilEnd().isEmpty)
        }
    }

    @Test func `a client has its place as long as its request, and no longer`() async throws {
        try await serve(maximumPerAddress: 1) { server in
            let peer = try server.connect()
            for _ in 0..<100 {
                try peer.send(Self.request(from: "192.0.2.1"))
                #expect(try answer(peer).body == "192.0.2.1 GET 0\n")
            }
            // On another connection it may come before the server has counted out the former request.
            while server.server.connections > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            let socket = try server.connect()
            try socket.send(TestServer.handshake(headers: "X-Forwarded-For: 192.0.2.1\r\n"))
            #expect(try socket.receiveHead().hasPrefix("HTTP/1.1 101 "))
            try peer.send(Self.request(from: "192.0.2.2"))
            #expect(try answer(peer).body == "192.0.2.2 GET 0\n")
            try peer.send(Self.request(from: "192.0.2.1"))
            let (head, _) = try answer(peer)
            #expect(head.hasPrefix("HTTP/1.1 429 "))
            #expect(head.header("Retry-After") == "5")
            #expect(try peer.receiveUntilEnd().isEmpty)
            #expect(server.refusals == [.address: 1])
            withExtendedLifetime(socket) {}
        }
    }

    @Test func `each request counts in the rate of its client`() async throws {
        try await serve(rate: 1) { server in
            let peer = try server.connect()
            for client in ["192.0.2.1", "192.0.2.2"] {
                try peer.send(Self.request(from: client))
                #expect(try answer(peer).head.hasPrefix("HTTP/1.1 200 "))
            }
            try peer.send(Self.request(from: "192.0.2.1"))
            #expect(try answer(peer).head.hasPrefix("HTTP/1.1 429 "))
        }
    }

    @Test func `an answer that takes its time is whole before the next request`() async throws {
        try await serve { server in
            let peer = try RawPeer(port: server.listener.port, receiveBuffer: 4096)
            try peer.send(Self.request("GET", "/large", from: "192.0.2.1"))
            _ = try peer.receiveHead()
            await server.pause(for: .milliseconds(50))
            // It comes while the answer is being sent, and waits.
            try peer.send(Self.request(from: "192.0.2.2"))
            let body = try peer.receive(exactly: Self.large)
            #expect(body.allSatisfy { $0 == 0x78 })
            #expect(try answer(peer).body == "192.0.2.2 GET 0\n")
            #expect(server.listener.accepted == 1)
        }
    }

    @Test func `an answer may come later, and another client's request after it`() async throws {
        let later = ServerProbe.Script(requested: { exchange in
            let loop = EventLoop.current
            loop?.execute { loop?.execute { exchange.respond(.text(exchange.peer)) } }
        })
        try await serve(script: later) { server in
            let peer = try server.connect()
            for client in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
                try peer.send(Self.request("POST", from: client, body: "abc"))
                #expect(try answer(peer).body == "\(client)\n")
            }
            #expect(server.listener.accepted == 1)
        }
    }

    @Test func `an idle connection ends after its time, and a proxy that leaves is counted out`() async throws {
        let limits = HeadDesk.Limits(timeout: .milliseconds(200))
        try await serve(heads: limits) { server in
            let idle = try server.connect()
            try idle.send(Self.request(from: "192.0.2.1"))
            #expect(try answer(idle).body == "192.0.2.1 GET 0\n")
            #expect(try idle.receiveUntilEnd().isEmpty)
            var leaving: RawPeer? = try server.connect()
            try leaving?.send(Self.request(from: "192.0.2.1"))
            _ = try leaving.map(answer)
            leaving = nil
            while server.server.connections > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
            #expect(server.refusals == [:])
        }
    }

    @Test func `the listener's end ends connections that wait for a request`() async throws {
        var waiting: [RawPeer] = []
        try await serve { server in
            for _ in 0..<5 {
                let peer = try server.connect()
                try peer.send(Self.request(from: "192.0.2.1"))
                _ = try answer(peer)
                waiting.append(peer)
            }
        }
        for peer in waiting { #expect(try peer.receiveUntilEnd().isEmpty) }
    }
}
