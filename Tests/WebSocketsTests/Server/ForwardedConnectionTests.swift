import OpenSSLCommand
import TestSupport
import Testing
import Wire

@testable import WebSockets

/// Requests that a proxy passes on, and that tell whose they are.
@Suite(.timeLimit(.minutes(1)))
struct ForwardedConnectionTests {
    /// Answers whose the request is, which host it names, and by which scheme.
    private static let echo = ServerProbe.Script(requested: { exchange in
        let request = exchange.request
        exchange.respond(.text("\(exchange.peer) \(request.host) \(request.usesHTTPS ? "https" : "http")"))
    })

    private func serve(
        by fields: ForwardedFields = .forwardedFor(host: true, scheme: true),
        trusting ranges: [String] = ["127.0.0.0/8", "10.0.0.0/8"],
        maximumPerAddress: Int = .max,
        rate: Int? = nil,
        unix path: String? = nil,
        afterProxyHeader: Bool = false,
        adjust: (inout WebSocketServer.Options) -> Void = { _ in },
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(
            script: Self.echo,
            maximumPerAddress: maximumPerAddress,
            adjust: { options in
                options.methods = HTTPRequest.Method.allCases
                adjust(&options)
            },
            adjustListener: { options in
                if let path { options.bindings.append(.init(.unix(UnixPath(path)))) }
                if afterProxyHeader { options.bindings[0].readsProxyHeader = true }
                options.trustedProxies = ranges.compactMap { AddressRange($0) }
                options.forwardedFields = fields
                options.acceptRatePerAddress = rate
            },
            body
        )
    }

    private static func get(_ fields: String = "") -> String { "GET / HTTP/1.1\r\nHost: relay\r\n\(fields)\r\n" }

    private static func from(_ client: String) -> String { "X-Forwarded-For: \(client)\r\n" }

    private func answer(to request: String, on peer: RawPeer) throws -> String {
        try peer.send(request)
        let count = try #require(Int(try peer.receiveHead().header("Content-Length")))
        return String(decoding: try peer.receive(exactly: count), as: UTF8.self)
    }

    private func status(of request: String, on peer: RawPeer) throws -> String {
        try peer.send(request)
        return String(try peer.receiveHead().dropFirst("HTTP/1.1 ".count).prefix(3))
    }

    private static let passings: [(fields: String, expected: String)] = [
        (from("192.0.2.1"), "192.0.2.1 relay http\n"), (from("6.6.6.6, 192.0.2.1"), "192.0.2.1 relay http\n"),
        (from("6.6.6.6") + from("2001:DB8::1, 10.0.0.1"), "2001:db8::1 relay http\n"),
        (from("192.0.2.1") + "X-Forwarded-Host: app.example\r\n", "192.0.2.1 app.example http\n"),
        (from("192.0.2.1") + "X-Forwarded-Proto: https\r\n", "192.0.2.1 relay https\n"),
        (from("192.0.2.1") + "X-Forwarded-Host: a b\r\n", "192.0.2.1 relay http\n"),
        (from("10.0.0.1"), "10.0.0.1 relay http\n"), (from("192.0.2.1, unknown"), "127.0.0.1 relay http\n"),
        ("Forwarded: for=192.0.2.1;host=evil.example;proto=https\r\n", "127.0.0.1 relay http\n"),
        ("", "127.0.0.1 relay http\n"),
        // libwebsockets would lose the line behind such a name.
        (from("6.6.6.6") + "X-Auth: a\r\n" + from("192.0.2.1"), "192.0.2.1 relay http\n"),
    ]

    @Test(arguments: passings)
    func `the client is whom the fields tell`(fields: String, expected: String) async throws {
        try await serve { server in
            #expect(try answer(to: Self.get(fields), on: server.connect()) == expected)
            // As it comes in pieces, too.
            let peer = try server.connect()
            try peer.send(String(Self.get(fields).dropLast(3)))
            while server.listener.accepted < 2 { await Task.yield() }
            #expect(try answer(to: String(Self.get(fields).suffix(3)), on: peer) == expected)
        }
    }

    @Test func `Forwarded tells the same, and host and scheme`() async throws {
        try await serve(by: .forwarded) { server in
            let fields =
                "Forwarded: for=6.6.6.6\r\nForwarded: for=\"[2001:db8::1]:80\";host=app.example;proto=https\r\n"
            let request = Self.get(fields + Self.from("6.6.6.6"))
            let peer = try server.connect()
            #expect(try answer(to: request, on: peer) == "2001:db8::1 app.example https\n")
            let counts = ForwardedOrigin.allCases.map { server.listener.forwarded(from: $0) }
            #expect(counts == [1, 0, 0])
        }
    }

    @Test func `nobody else is believed, and nobody at all without the option`() async throws {
        let fields = Self.from("192.0.2.1") + "X-Forwarded-Host: a\r\nX-Forwarded-Proto: https\r\n"
        try await serve(trusting: ["10.0.0.0/8"]) { server in
            let peer = try server.connect()
            for _ in 0..<2 { #expect(try answer(to: Self.get(fields), on: peer) == "127.0.0.1 relay http\n") }
            #expect(ForwardedOrigin.allCases.map { server.listener.forwarded(from: $0) } == [0, 0, 0])
        }
        try await serve(by: .none) { server in
            let peer = try server.connect()
            for _ in 0..<2 { #expect(try answer(to: Self.get(fields), on: peer) == "127.0.0.1 relay http\n") }
            #expect(server.listener.forwarded(from: .client) == nil)
        }
    }

    @Test func `peers of a Unix socket are trusted`() async throws {
        let folder = TemporaryFolder()
        try await serve(trusting: [], unix: folder.file("s")) { server in
            let peer = try RawPeer(path: folder.file("s"))
            #expect(try answer(to: Self.get(Self.from("192.0.2.1")), on: peer) == "192.0.2.1 relay http\n")
            let silent = try RawPeer(path: folder.file("s"))
            #expect(try answer(to: Self.get(), on: silent) == "unix relay http\n")
            #expect(try answer(to: Self.get(Self.from("192.0.2.1")), on: server.connect()) == "127.0.0.1 relay http\n")
            // How much was read of it isn't known, so that it ends with its answer.
            let last = try RawPeer(path: folder.file("s"))
            #expect(try status(of: Self.get(Self.from("192.0.2.1")), on: last) == "200")
            #expect(String(decoding: try last.receiveUntilEnd(), as: UTF8.self) == "192.0.2.1 relay http\n")
        }
    }

    @Test(arguments: [
        // The header names a second proxy, which is trusted, or a client, which isn't.
        ("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", "192.0.2.1 relay http\n"),
        ("PROXY TCP4 192.0.2.9 10.0.0.2 1 2\r\n", "192.0.2.9 relay http\n"),
        ("PROXY UNKNOWN\r\n", "127.0.0.1 relay http\n"),
    ])
    func `whom a PROXY header tells is the peer`(header: String, expected: String) async throws {
        try await serve(afterProxyHeader: true) { server in
            let request = header + Self.get(Self.from("192.0.2.1"))
            let peer = try server.connect()
            #expect(try answer(to: request, on: peer) == expected)
        }
    }

    @Test func `limits for an address are the client's, and the proxy itself has none`() async throws {
        try await serve(maximumPerAddress: 1) { server in
            func upgrade(_ fields: String) throws -> (RawPeer, String) {
                let peer = try server.connect()
                try peer.send(TestServer.handshake(headers: fields))
                return (peer, try peer.receiveHead())
            }
            var peers: [RawPeer] = []
            let proxies = ["", "", Self.from("10.0.0.1"), Self.from("10.0.0.1")]
            for fields in ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(Self.from) + proxies {
                let (peer, head) = try upgrade(fields)
                #expect(head.hasPrefix("HTTP/1.1 101 "))
                peers.append(peer)
            }
            for client in ["192.0.2.1", "6.6.6.6, 192.0.2.1", "2001:db8::ffff", "::ffff:192.0.2.2"] {
                let (_, refusal) = try upgrade(Self.from(client))
                #expect(refusal.hasPrefix("HTTP/1.1 429 "))
                #expect(refusal.header("Retry-After") == "5")
            }
            let other = try server.connect()
            #expect(try status(of: Self.get(Self.from("192.0.2.1")), on: other) == "429")
            #expect(server.refusals == [.address: 5])
            // Its place is free again once it has left.
            peers.removeFirst()
            while server.server.connections > 6 {
                try Task.checkCancellation()
                await Task.yield()
            }
            let (again, head) = try upgrade(Self.from("192.0.2.1"))
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            withExtendedLifetime((peers, again)) {}
        }
    }

    @Test func `who is refused by its head has no place for long`() async throws {
        try await serve(maximumPerAddress: 1) { server in
            for request in [
                "DELETE / HTTP/1.1\r\nHost: a\r\n\(Self.from("192.0.2.1"))\r\n", Self.get(Self.from("192.0.2.1")),
            ] {
                let expected = request.hasPrefix("GET") ? "200" : "405"
                for _ in 0..<3 {
                    // The place of the former one may be taken for a moment.
                    while true {
                        let peer = try server.connect()
                        let answered = try status(of: request, on: peer)
                        if answered == expected { break }
                        #expect(answered == "429")
                        try Task.checkCancellation()
                    }
                }
            }
        }
    }

    @Test func `rates for an address are the client's`() async throws {
        try await serve(rate: 1) { server in
            for (client, status) in [("192.0.2.1", "200"), ("192.0.2.1", "429"), ("192.0.2.2", "200")] {
                let peer = try server.connect()
                let answered = try self.status(of: Self.get(Self.from(client)), on: peer)
                #expect(answered == status)
            }
            #expect(server.refusals == [.addressRate: 1])
        }
    }

    @Test func `others have their limits as before`() async throws {
        try await serve(trusting: ["10.0.0.0/8"], maximumPerAddress: 1) { server in
            let (peer, head) = try server.upgrade()
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            #expect(try status(of: Self.get(Self.from("192.0.2.1")), on: server.connect()) == "429")
            withExtendedLifetime(peer) {}
        }
    }

    @Test(.enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
    func `over TLS no field counts, since libwebsockets may lose one`() async throws {
        let files = try CertificateFiles()
        let identity = try ServerIdentity(certificateFile: files.certificate, keyFile: files.key)
        try await serve(adjust: { $0.identity = identity }) { server in
            let peer = try RawPeer(securePort: server.listener.port)
            #expect(try answer(to: Self.get(Self.from("192.0.2.1")), on: peer) == "127.0.0.1 relay http\n")
        }
    }
}
