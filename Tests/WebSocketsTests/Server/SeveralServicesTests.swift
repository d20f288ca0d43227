import OpenSSLCommand
import TestSupport
import Testing

@testable import WebSockets

/// One listener with several addresses, some with TLS.
@Suite(.timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct SeveralServicesTests {
    /// A listener before two shards: plaintext, and TLS with two certificates.
    private func serve(
        maximumConnections: Int = 100,
        _ body: (_ listener: Listener, _ services: [[WebSocketServer]], [CertificateFiles]) async throws -> Void
    ) async throws {
        let acceptor = try EventLoop(name: "accept", servesSockets: false)
        let loops = try (0..<2).map { try EventLoop(name: "serve-\($0)") }
        let files = [try CertificateFiles(), try CertificateFiles()]
        let identities: [ServerIdentity?] =
            [nil] + (try files.map { try ServerIdentity(certificateFile: $0.certificate, keyFile: $0.key) })
        let ledger = ConnectionLedger()
        var services = identities.map { _ in [WebSocketServer]() }
        for loop in loops {
            let probe = ServerProbe(on: loop, script: .init(requested: { $0.respond(.text("ok")) }))
            for (service, identity) in identities.enumerated() {
                var options = WebSocketServer.Options(subprotocols: [])
                options.identity = identity
                services[service].append(try await probe.serve(options, ledger: ledger))
            }
        }
        let bindings = services.indices.map { Listener.Binding(.port(host: "127.0.0.1", port: 0), service: $0) }
        let options = Listener.Options(bindings: bindings, maximumConnections: maximumConnections)
        let listener = try Listener(on: acceptor, options: options, services: services, ledger: ledger)
        let result: Result<Void, any Error>
        do {
            try await body(listener, services, files)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await acceptor.stop()
        for loop in loops { await loop.stop() }
        #expect(services.joined().allSatisfy { $0.connections == 0 })
        try result.get()
    }

    private func port(_ listener: Listener, _ binding: Int) -> UInt16 {
        if case .port(_, let port) = listener.addresses[binding] { port } else { 0 }
    }

    @Test func `each address shows its own certificate, by whatever name it is asked for`() async throws {
        try await serve { listener, _, files in
            let loop = try EventLoop(name: "client")
            for (binding, trusted, isTaken) in [(1, 0, true), (2, 1, true), (1, 1, false), (2, 0, false)] {
                let probe = ClientProbe(on: loop)
                let target = WebSocketClient.Target(
                    isSecure: true,
                    host: "localhost",
                    port: port(listener, binding),
                    path: "/",
                    subprotocols: [],
                    authorityFile: files[trusted].certificate
                )
                _ = await probe.dial(target)
                if isTaken {
                    #expect(await probe.nextDialled() != nil)
                } else {
                    #expect(await probe.nextFailure() != nil)
                }
            }
            await loop.stop()
            #expect(listener.handshakes?.completed == 2)
        }
    }

    @Test func `plaintext is served beside TLS, and shards fill evenly over all addresses`() async throws {
        try await serve { listener, services, _ in
            var peers: [RawPeer] = []
            for _ in 0..<4 {
                for binding in 0..<3 {
                    let port = port(listener, binding)
                    let peer = try binding == 0 ? RawPeer(port: port) : RawPeer(securePort: port)
                    try peer.send(TestServer.handshake())
                    #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101 "))
                    peers.append(peer)
                }
            }
            #expect(services.map { $0.reduce(0) { $0 + $1.connections } } == [4, 4, 4])
            #expect((0..<2).map { shard in services.reduce(0) { $0 + $1[shard].connections } } == [6, 6])
            withExtendedLifetime(peers) {}
        }
    }

    @Test func `the limit of connections is one for all addresses`() async throws {
        try await serve(maximumConnections: 2) { listener, _, _ in
            let secure = try RawPeer(securePort: port(listener, 2))
            let plain = try RawPeer(port: port(listener, 0))
            for peer in [secure, plain] {
                try peer.send(TestServer.handshake())
                #expect(try peer.receiveHead().hasPrefix("HTTP/1.1 101 "))
            }
            #expect(try RawPeer(port: port(listener, 0)).receiveHead().hasPrefix("HTTP/1.1 503 "))
            let late = try RawPeer(securePort: port(listener, 1))
            #expect(try late.receiveUntilEnd().isEmpty)
            withExtendedLifetime([secure, plain]) {}
        }
    }
}
