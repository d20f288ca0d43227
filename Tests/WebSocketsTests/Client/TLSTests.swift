import Glibc
import OpenSSLCommand
import Testing

@testable import WebSockets

@Suite(.timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct TLSTests {
    private func target(_ server: OpenSSLServer, host: String, authority: String?) -> WebSocketClient.Target {
        WebSocketClient.Target(
            isSecure: true,
            host: host,
            port: server.port,
            path: "/",
            subprotocols: [],
            authorityFile: authority
        )
    }

    @Test
    func `a client talks over TLS to a server of its own authority`() async throws {
        let server = try OpenSSLServer()
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        _ = await probe.dial(target(server, host: "localhost", authority: server.certificate))
        let peer = server.peer
        #expect(try peer.acceptUpgrade().header("Host") == "localhost:\(server.port)")
        let dialled = try #require(await probe.nextDialled())
        for size in [1, 20_000, 300_000] {
            let payload = (0..<size).map { UInt8($0 % 251) }
            loop.execute { dialled.socket.send(text: payload) }
            #expect(try peer.receiveFrame()?.payload == payload)
            try peer.send(RawFrame(opcode: 2, payload: payload).encoded)
            #expect(await probe.nextMessage()?.bytes == payload)
        }
        loop.execute { dialled.socket.close(1000, "done") }
        #expect(try peer.receiveFrame()?.closeCode == 1000)
        try peer.send(RawFrame.close(1000).encoded)
        #expect(await probe.nextClosure()?.code == 1000)
        await loop.stop()
    }

    @Test
    func `a file of authorities that changes is read again`() async throws {
        let (server, other) = (try OpenSSLServer(), try OpenSSLServer())
        let file = server.certificate + ".trusted"
        defer { unsafe _ = unlink(file) }
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        for trusted in [other.certificate, server.certificate] {
            unsafe _ = unlink(file)
            let status = unsafe link(trusted, file)
            #expect(status == 0)
            _ = await probe.dial(target(server, host: "localhost", authority: file))
            if trusted == server.certificate {
                try server.peer.acceptUpgrade()
                #expect(await probe.nextDialled() != nil)
            } else {
                #expect(await probe.nextFailure()?.description.contains("authority is unknown") == true)
            }
        }
        await loop.stop()
    }

    @Test
    func `loops that are made meanwhile don't disturb a handshake`() async throws {
        let server = try OpenSSLServer()
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        for _ in 0..<5 {
            _ = await probe.dial(target(server, host: "localhost", authority: server.certificate))
            let others = try (0..<5).map { try EventLoop(name: "other-\($0)") }
            // Whether there is a session or not: what fails without one is the TLS handshake.
            guard case .dialled(let socket, _) = await probe.answered(by: server.peer) else {
                Issue.record("the handshake failed")
                break
            }
            loop.execute { socket.terminate() }
            _ = await probe.nextClosure()
            for other in others { await other.stop() }
        }
        await loop.stop()
    }

    enum Distrust: CaseIterable {
        case unknownAuthority, wrongName, unreadableFile

        /// A part of the error that tells the operator where to look.
        var hint: String {
            switch self {
            case .unknownAuthority: "authority is unknown"
            case .wrongName: "is for another name"
            case .unreadableFile: "can't read the CA file"
            }
        }
    }

    @Test(arguments: Distrust.allCases)
    func `a server that can't be trusted is an error`(reason: Distrust) async throws {
        let server = try OpenSSLServer()
        let loop = try EventLoop(name: "tls")
        let probe = ClientProbe(on: loop)
        let target =
            switch reason {
            case .unknownAuthority: target(server, host: "localhost", authority: nil)
            case .wrongName: target(server, host: "127.0.0.1", authority: server.certificate)
            case .unreadableFile: target(server, host: "localhost", authority: server.certificate + ".missing")
            }
        for _ in 0..<2 {
            _ = await probe.dial(target)
            let failure = try #require(await probe.nextFailure())
            #expect(failure.description.contains(reason.hint))
        }
        await loop.stop()
    }
}

extension TLSTests {
    @Test(arguments: [
        ("a.example", "a.example"), ("a.example.", "a.example"), ("a.example..", "a.example."), (".", "."),
        ("::1", "::1"),
    ])
    func `a certificate is for the name without the dot that ends it`(host: String, name: String) {
        #expect(WebSocketClient.Target.loopback(443, host: host).certificateName == name)
    }

    @Test
    func `TLS goes through a proxy's tunnel to the server itself, by its name whole or not`() async throws {
        for host in ["localhost", "localhost."] {
            let server = try OpenSSLServer()
            let proxy = try TunnelProxy(to: server.port)
            let loop = try EventLoop(name: "tls")
            let probe = ClientProbe(on: loop)
            var target = target(server, host: host, authority: server.certificate)
            target.proxies = proxy.environment
            _ = await probe.dial(target)
            #expect(try server.peer.acceptUpgrade().header("Host") == "\(host):\(server.port)")
            let dialled = try #require(await probe.nextDialled())
            let payload = (0..<300_000).map { UInt8($0 % 251) }
            loop.execute { dialled.socket.send(text: payload) }
            #expect(try server.peer.receiveFrame()?.payload == payload)
            try server.peer.send(RawFrame(opcode: 2, payload: payload).encoded)
            #expect(await probe.nextMessage()?.bytes == payload)
            #expect(proxy.request?.hasPrefix("CONNECT \(host):\(server.port) HTTP/1.1\r\n") == true)
            await loop.stop()
        }
    }

    @Test
    func `a request over https goes to a server of its own authority, through a proxy too`() async throws {
        for (host, isProxied) in [("localhost", false), ("localhost", true), ("localhost.", true)] {
            let server = try OpenSSLServer()
            let proxy = try TunnelProxy(to: server.port)
            try await HTTPCaller.run { caller in
                var request = HTTPClientRequest(
                    url: "https://\(host):\(server.port)/graphql",
                    headers: [],
                    body: Array("{}".utf8)
                )
                request.proxies = isProxied ? proxy.environment : .none
                let distrusted = caller.send(request)
                let error = await #expect(throws: HTTPClientError.self) { try await distrusted.value.get() }
                #expect(error?.wasSent == false)
                request.authorityFile = server.certificate
                let answer = caller.send(request)
                #expect(try server.peer.receiveHead().hasPrefix("POST /graphql HTTP/1.1\r\n"))
                #expect(try server.peer.receive(exactly: 2) == Array("{}".utf8))
                try server.peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                #expect(try await answer.value.get().body == Array("ok".utf8))
                #expect((proxy.request != nil) == isProxied)
            }
        }
    }
}

extension ClientProbe {
    /// What comes of a dial whose upgrade, if it gets so far, is answered by `peer`.
    nonisolated fileprivate func answered(by peer: RawPeer) async -> Event? {
        let thread = Task.detached { try peer.acceptUpgrade() }
        let event = await next()
        if case .dialled = event { _ = try? await thread.value }
        return event
    }
}
