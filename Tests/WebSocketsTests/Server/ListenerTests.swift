import Glibc
import Testing

@testable import WebSockets

@Suite(.timeLimit(.minutes(1)))
struct ListenerTests {
    @Test
    func `a port in use is an error that says so`() async throws {
        try await TestServer.run { server in
            let port = server.listener.port
            let second = #expect(throws: WebSocketError.self) {
                try Listener(
                    on: server.acceptor,
                    options: Listener.Options(host: "127.0.0.1", port: port),
                    servers: [server.server],
                    ledger: ConnectionLedger()
                )
            }
            guard case .cannotListen(address: "127.0.0.1:\(port)", _, inUse: true) = second else {
                Issue.record("the error is \(String(describing: second))")
                return
            }
        }
    }

    @Test(arguments: ["192.0.2.1", "no-such-name.invalid"])
    func `an address that isn't ours is an error`(host: String) async throws {
        try await TestServer.run { server in
            let error = #expect(throws: WebSocketError.self) {
                try Listener(
                    on: server.acceptor,
                    options: Listener.Options(host: host, port: 0),
                    servers: [server.server],
                    ledger: ConnectionLedger()
                )
            }
            guard case .cannotListen(_, _, inUse: false) = error else {
                Issue.record("the error is \(String(describing: error))")
                return
            }
        }
    }

    @Test
    func `connections over the limit get 503, and may come when others have left`() async throws {
        try await TestServer.run(maximumConnections: 2) { server in
            var peers = [try server.upgrade().peer, try server.upgrade().peer]
            #expect(try server.connect().receiveHead().hasPrefix("HTTP/1.1 503 "))
            #expect(server.refusals == [.total: 1])
            peers.removeLast()
            while server.server.connections > 1 { await Task.yield() }
            let (_, head) = try server.upgrade()
            #expect(head.hasPrefix("HTTP/1.1 101"))
            #expect(server.listener.accepted == 4)
            withExtendedLifetime(peers) {}
        }
    }

    @Test
    func `connections over the limit of one address get 429, and the count goes down again`() async throws {
        try await TestServer.run(maximumPerAddress: 2) { server in
            for _ in 0..<5 {
                let peers = [try server.upgrade().peer, try server.connect()]
                #expect(try server.connect().receiveHead().hasPrefix("HTTP/1.1 429 "))
                withExtendedLifetime(peers) {}
                for peer in peers { peer.finishSending() }
                while server.server.connections > 0 { await Task.yield() }
            }
            #expect(server.refusals == [.address: 5])
        }
    }

    @Test
    func `an accepted socket holds little that is not on its way`() async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            let accepted = try #require(peer.otherEnd)
            #expect(accepted.option(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT) == Int32(16_384))
            // The kernel reserves the double.
            #expect(accepted.option(SOL_SOCKET, SO_SNDBUF) == Int32(131_072))
            #expect(accepted.option(Int32(IPPROTO_TCP), TCP_NODELAY) == Int32(1))
            #expect(accepted.option(SOL_SOCKET, SO_KEEPALIVE) == Int32(1))
        }
    }

    @Test
    func `new connections go where the fewest are`() async throws {
        let acceptor = try EventLoop(name: "accept", servesSockets: false)
        let loops = try (0..<3).map { try EventLoop(name: "serve-\($0)") }
        let probes = loops.map { ServerProbe(on: $0) }
        let ledger = ConnectionLedger()
        var servers: [WebSocketServer] = []
        for probe in probes { servers.append(try await probe.serve(.init(subprotocols: []), ledger: ledger)) }
        let listener = try Listener(
            on: acceptor,
            options: .init(host: "127.0.0.1", port: 0),
            servers: servers,
            ledger: ledger
        )
        let peers = try (0..<9).map { _ in try RawPeer(port: listener.port) }
        for peer in peers {
            try peer.send(TestServer.handshake())
            #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101"))
        }
        #expect(servers.map(\.connections) == [3, 3, 3])
        await acceptor.stop()
        for loop in loops { await loop.stop() }
        #expect(servers.map(\.connections) == [0, 0, 0])
    }

    @Test
    func `a stopped listener frees its port and keeps its connections`() async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            server.listener.stop()
            server.listener.stop()
            // It stops on its loop: another connection may still come through before.
            while (try? server.connect()) != nil { await Task.yield() }
            try peer.send(RawFrame(opcode: 9).masked)
            #expect(try peer.receiveFrame() == RawFrame(opcode: 10))
            _ = try RawListener(port: server.listener.port, sharesAddress: true)
        }
    }

    @Test
    func `a listener that is stopped before it started keeps nothing open`() async throws {
        try await TestServer.run { server in
            let listener = try Listener(
                on: server.acceptor,
                options: .init(host: "127.0.0.1", port: 0),
                servers: [server.server],
                ledger: ConnectionLedger()
            )
            listener.stop()
            while (try? RawPeer(port: listener.port)) != nil { await Task.yield() }
        }
    }

    @Test
    func `an IPv6 listener names its address in brackets`() async throws {
        try await TestServer.run { server in
            let listener = try Listener(
                on: server.acceptor,
                options: .init(host: "::1", port: 0),
                servers: [server.server],
                ledger: ConnectionLedger()
            )
            #expect(listener.host == "[::1]")
            #expect(listener.port != 0)
        }
    }

    @Test
    func `a ledger counts each address, and each 64 of IPv6`() {
        let ledger = ConnectionLedger()
        func admit(_ address: String, limit: Int = 2) -> Bool { ledger.admit(ClientNetwork(of: address), limit: limit) }
        #expect(admit("192.0.2.1"))
        #expect(admit("::ffff:192.0.2.1"))
        #expect(!admit("192.0.2.1"))
        #expect(admit("192.0.2.2"))
        ledger.leave(ClientNetwork(of: "192.0.2.1"))
        ledger.leave(ClientNetwork(of: "192.0.2.9"))
        #expect(admit("192.0.2.1"))
        #expect(!admit("192.0.2.3", limit: 0))
        #expect(admit("2001:db8:0:1::1"))
        #expect(admit("2001:db8:0:1:ffff::2"))
        #expect(!admit("2001:db8:0:1::3"))
        #expect(admit("2001:db8:0:2::1"))
    }

    @Test
    func `no other program inherits a connection`() async throws {
        try await TestServer.run { server in
            let (peer, _) = try server.upgrade()
            let accepted = try #require(peer.otherEnd)
            #expect(fcntl(accepted.number, F_GETFD) == FD_CLOEXEC)
        }
    }

    @Test
    func `a stop closes connections that wait for their handshake`() async throws {
        let server = try await TestServer.start()
        let count = HandshakeGate.width + 50
        let peers = try (0..<count).map { _ in try server.connect() }
        while server.listener.accepted < count { await Task.yield() }
        await server.stop()
        for peer in peers { #expect(try peer.receiveUntilEnd().isEmpty) }
        #expect(server.server.connections == 0)
    }

    @Test(arguments: [(true, Listener.Refusal.rate), (false, .addressRate)])
    func `connections that come too fast get 429 and may come a little later`(
        inAll: Bool,
        reason: Listener.Refusal
    ) async throws {
        try await TestServer.run(adjustListener: { options in
            if inAll { options.acceptRate = 2 } else { options.acceptRatePerAddress = 2 }
        }) { server in
            var refused = 0
            while refused < 3 {
                let peer = try server.connect()
                try peer.send(TestServer.handshake())
                let head = try peer.receiveHead()
                if head.hasPrefix("HTTP/1.1 101") { continue }
                #expect(head.hasPrefix("HTTP/1.1 429 "))
                #expect(head.contains("\r\nRetry-After: 1\r\n"))
                refused += 1
            }
            while try !server.upgrade().head.hasPrefix("HTTP/1.1 101") { refused += 1 }
            #expect(server.refusals == [reason: refused])
        }
    }
}
