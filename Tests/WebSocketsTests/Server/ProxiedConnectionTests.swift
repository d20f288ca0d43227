import OpenSSLCommand
import TestSupport
import Testing
import Wire

@testable import WebSockets

/// Connections that begin with a header of the PROXY protocol.
@Suite(.timeLimit(.minutes(1)))
struct ProxiedConnectionTests {
    private static let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    private static let echo = ServerProbe.Script(requested: { $0.respond(.text($0.peer)) })

    /// A server with one address that takes headers.
    private func serve(
        trusting ranges: [String] = ["127.0.0.0/8"],
        maximumPerAddress: Int = .max,
        rate: Int? = nil,
        proxies: ProxyDesk.Limits = ProxyDesk.Limits(),
        unix path: String? = nil,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.run(
            script: Self.echo,
            maximumPerAddress: maximumPerAddress,
            adjust: { $0.methods = HTTPRequest.Method.allCases },
            adjustListener: { options in
                if let path { options.bindings.append(.init(.unix(UnixPath(path)))) }
                for index in options.bindings.indices { options.bindings[index].readsProxyHeader = true }
                options.trustedProxies = ranges.compactMap { AddressRange($0) }
                options.acceptRatePerAddress = rate
            },
            proxies: proxies,
            body
        )
    }

    private static func binary(_ client: [UInt8], command: UInt8 = 0x21, extensions: [UInt8] = []) -> [UInt8] {
        let rest = client + [10, 0, 0, 1, 0x30, 0x39, 0, 80] + extensions
        return [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10, command, 0x11]
            + [UInt8(rest.count >> 8), UInt8(rest.count & 255)] + rest
    }

    private static func line(_ client: String) -> [UInt8] {
        Array("PROXY TCP4 \(client) 10.0.0.1 12345 80\r\n".utf8)
    }

    private func body(_ peer: RawPeer) throws -> String {
        let count = try #require(Int(try peer.receiveHead().header("Content-Length")))
        return String(decoding: try peer.receive(exactly: count), as: UTF8.self)
    }

    @Test(arguments: [
        (line("192.0.2.1"), "192.0.2.1\n"), (binary([192, 0, 2, 2]), "192.0.2.2\n"),
        (binary([192, 0, 2, 3], extensions: [UInt8](repeating: 4, count: 4084)), "192.0.2.3\n"),
        (binary([192, 0, 2, 4], command: 0x20), "127.0.0.1\n"), (Array("PROXY UNKNOWN\r\n".utf8), "127.0.0.1\n"),
        (Array("PROXY TCP6 2001:db8::1 ::1 1 2\r\n".utf8), "2001:db8::1\n"),
    ])
    func `the client is whom the header tells, however it comes`(header: [UInt8], client: String) async throws {
        try await serve { server in
            let together = try server.connect()
            try together.send(header + Array(Self.get.utf8))
            #expect(try body(together) == client)
            // What follows is the client's: a later header is none.
            try together.send(header)
            together.finishSending()
            _ = try together.receiveUntilEnd()
            let apart = try server.connect()
            try apart.send(header)
            try await answer(server)
            try apart.send(Self.get)
            #expect(try body(apart) == client)
            let pieces = try server.connect()
            for byte in header.prefix(60) {
                try pieces.send([byte])
                try await answer(server)
            }
            try pieces.send(header.dropFirst(60) + Array(Self.get.utf8))
            #expect(try body(pieces) == client)
            #expect(server.refusals == [:])
        }
    }

    /// Has the listener's loop do all that it has to.
    private func answer(_ server: TestServer) async throws {
        await withCheckedContinuation { continuation in server.acceptor.execute { continuation.resume() } }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "PROXY TCP4 1.2.3.4\r\n", "\r\n\r\nGET", "\u{16}\u{3}\u{1}"])
    func `what doesn't begin with a header is closed without an answer`(text: String) async throws {
        try await serve { server in
            let peer = try server.connect()
            try peer.send(text)
            #expect(try peer.receiveUntilEnd().isEmpty)
            #expect(server.refusals == [.proxyHeader: 1])
        }
    }

    @Test func `whoever is no trusted proxy isn't listened to`() async throws {
        try await serve(trusting: ["192.0.2.0/24", "::1"]) { server in
            let peer = try server.connect()
            #expect(try peer.receiveUntilEnd().isEmpty)
            #expect(server.refusals == [.proxyUntrusted: 1])
        }
    }

    @Test func `peers of a Unix socket are trusted`() async throws {
        let folder = TemporaryFolder()
        try await serve(trusting: [], unix: folder.file("s")) { server in
            let peer = try RawPeer(path: folder.file("s"))
            try peer.send(Self.binary([192, 0, 2, 1]) + Array(Self.get.utf8))
            #expect(try body(peer) == "192.0.2.1\n")
            let local = try RawPeer(path: folder.file("s"))
            try local.send("PROXY UNKNOWN\r\n" + Self.get)
            #expect(try body(local) == "unix\n")
        }
    }

    @Test func `elsewhere a header is no header`() async throws {
        try await TestServer.run(script: Self.echo) { server in
            let peer = try server.connect()
            try peer.send(Self.line("192.0.2.1") + Array(Self.get.utf8))
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func `limits for an address are the client's, and the proxy itself has none`() async throws {
        try await serve(maximumPerAddress: 1) { server in
            func upgrade(_ header: [UInt8]) throws -> (RawPeer, String) {
                let peer = try server.connect()
                try peer.send(header + Array(TestServer.handshake().utf8))
                return (peer, try peer.receiveHead())
            }
            var peers: [RawPeer] = []
            for header in [
                Self.line("192.0.2.1"), Self.line("192.0.2.2"), Self.binary([192, 0, 2, 3]),
                Self.binary([1, 2, 3, 4], command: 0x20), Self.binary([1, 2, 3, 4], command: 0x20),
            ] {
                let (peer, head) = try upgrade(header)
                #expect(head.hasPrefix("HTTP/1.1 101 "))
                peers.append(peer)
            }
            let (_, refusal) = try upgrade(Self.binary([192, 0, 2, 1]))
            #expect(refusal.hasPrefix("HTTP/1.1 429 "))
            peers.removeFirst()
            while server.server.connections > 4 {
                try Task.checkCancellation()
                await Task.yield()
            }
            let (again, head) = try upgrade(Self.line("192.0.2.1"))
            #expect(head.hasPrefix("HTTP/1.1 101 "))
            peers.append(again)
            #expect(server.refusals == [.address: 1])
            withExtendedLifetime(peers) {}
        }
    }

    @Test func `rates for an address are the client's`() async throws {
        try await serve(rate: 1) { server in
            for (client, status) in [("192.0.2.1", 200), ("192.0.2.1", 429), ("192.0.2.2", 200)] {
                let peer = try server.connect()
                try peer.send(Self.line(client) + Array(Self.get.utf8))
                let head = try peer.receiveHead()
                #expect(head.hasPrefix("HTTP/1.1 \(status) "))
            }
            #expect(server.refusals == [.addressRate: 1])
        }
    }

    @Test func `a header that doesn't come ends the connection, and only so many are waited for`() async throws {
        let limits = ProxyDesk.Limits(waiting: 2, timeout: .milliseconds(200))
        try await serve(proxies: limits) { server in
            let late = [try server.connect(), try server.connect()]
            try late[0].send("PROXY TC")
            try await answer(server)
            let third = try server.connect()
            #expect(try third.receiveUntilEnd().isEmpty)
            for peer in late { #expect(try peer.receiveUntilEnd().isEmpty) }
            #expect(server.refusals == [.proxyTimeout: 2, .proxyCrowd: 1])
            let peer = try server.connect()
            try peer.send(Self.line("192.0.2.1") + Array(Self.get.utf8))
            #expect(try body(peer) == "192.0.2.1\n")
        }
    }

    @Test func `who leaves within a header is counted out, and the listener's stop ends who waits`() async throws {
        var waiting: RawPeer?
        try await serve { server in
            var peer: RawPeer? = try server.connect()
            try peer?.send("PROXY")
            peer = nil
            while server.refusals[.proxyHeader] != 1 {
                try Task.checkCancellation()
                await Task.yield()
            }
            waiting = try server.connect()
            try waiting?.send("PROXY")
            while server.listener.accepted < 2 { await Task.yield() }
            try await answer(server)
            withExtendedLifetime(peer) {}
        }
        #expect(try waiting?.receiveUntilEnd().isEmpty == true)
    }

    @Test(.enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
    func `a header may precede TLS`() async throws {
        let files = try CertificateFiles()
        let identity = try ServerIdentity(certificateFile: files.certificate, keyFile: files.key)
        try await TestServer.run(
            script: Self.echo,
            adjust: { $0.identity = identity },
            adjustListener: { options in
                options.bindings[0].readsProxyHeader = true
                options.trustedProxies = AddressRange("127.0.0.1").map { [$0] } ?? []
            }
        ) { server in
            let proxy = try RawListener()
            let peer = try RawPeer(securePort: proxy.port)
            let inner = try proxy.accept()
            let outer = try server.connect()
            try outer.send(Self.binary([192, 0, 2, 9]))
            let relays = [Self.pass(inner, to: outer), Self.pass(outer, to: inner)]
            try peer.send(Self.get)
            #expect(try body(peer) == "192.0.2.9\n")
            inner.finishSending()
            outer.finishSending()
            for relay in relays { await relay.value }
        }
    }

    /// Passes on what comes, as a proxy does.
    private static func pass(_ source: RawPeer, to sink: RawPeer) -> Task<Void, Never> {
        let thread = OwnThread(name: "proxy")
        return Task(executorPreference: thread) {
            while let bytes = try? source.receive(), !bytes.isEmpty, (try? sink.send(bytes)) != nil {}
            sink.finishSending()
        }
    }
}
