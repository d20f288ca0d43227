import Glibc
import HeadCases
import OpenSSLCommand
import Synchronization
import Testing
import WebSockets

@Suite(.timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled, "needs the openssl command"))
struct ServerTLSTests {
    /// Runs `body` against a server that speaks TLS.
    private static func run(
        script: ServerProbe.Script = ServerProbe.Script(),
        headerTimeout: Duration = .seconds(600),
        maximumConnections: Int = 1000,
        _ body: (TestServer, CertificateFiles) async throws -> Void
    ) async throws {
        let files = try CertificateFiles()
        let identity = try ServerIdentity(certificateFile: files.certificate, keyFile: files.key)
        #expect(identity.end > 0 && !identity.hasEnded)
        try await TestServer.run(
            script: script,
            maximumConnections: maximumConnections,
            adjust: { options in
                options.identity = identity
                options.headerTimeout = headerTimeout
            }
        ) { try await body($0, files) }
    }

    private static func dial(_ server: TestServer, _ files: CertificateFiles, _ probe: ClientProbe) async {
        let target = WebSocketClient.Target(
            isSecure: true,
            host: "localhost",
            port: server.listener.port,
            path: "/",
            subprotocols: [],
            authorityFile: files.certificate
        )
        _ = await probe.dial(target)
    }

    @Test(arguments: [1, 16_384, 16_385, 300_000])
    func `frames of every size arrive whole, and in order with replies`(size: Int) async throws {
        let frame = RawFrame(opcode: 1, payload: (0..<size).map { UInt8(97 + $0 % 26) }).encoded
        let left = Mutex(20)
        // As a shard does: as long as it is ready, the rest of a cut frame at once.
        let push: @Sendable (WebSocket) -> Void = { socket in
            while socket.isReady, left.withLock({ $0 > 0 }) {
                let sent = socket.push(frame[...])
                left.withLock { $0 -= 1 }
                if sent < frame.count {
                    socket.finish(frame[sent...])
                }
            }
            if left.withLock({ $0 == 0 }) { socket.send(text: Array("end".utf8)) }
        }
        let script = ServerProbe.Script(opened: push, writable: { if left.withLock({ $0 > 0 }) { push($0) } })
        try await Self.run(script: script) { server, files in
            let loop = try EventLoop(name: "client")
            let probe = ClientProbe(on: loop)
            await Self.dial(server, files, probe)
            for _ in 0..<20 { #expect(await probe.nextMessage()?.bytes.count == size) }
            #expect(await probe.nextMessage()?.bytes == Array("end".utf8))
            await loop.stop()
        }
    }

    enum Dawdler: CaseIterable {
        case saysNothing, stopsInItsHello

        /// The head of a TLS record that announces 512 bytes, and the first of them.
        var bytes: [UInt8] { self == .saysNothing ? [] : [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC] }
    }

    @Test(arguments: Dawdler.allCases)
    func `who never finishes the handshake is cut off`(dawdler: Dawdler) async throws {
        try await Self.run(headerTimeout: .seconds(1)) { server, _ in
            let peer = try server.connect()
            if !dawdler.bytes.isEmpty { try peer.send(dawdler.bytes) }
            #expect(try peer.receiveUntilEnd().isEmpty)
            while server.server.connections > 0 { await Task.yield() }
        }
    }

    @Test
    func `plaintext is refused at once, and counted out`() async throws {
        try await Self.run { server, files in
            for _ in 0..<10 {
                let peer = try server.connect()
                try peer.send(TestServer.handshake())
                // At most an alert: a TLS record of 7 bytes.
                #expect(try peer.receiveUntilEnd().count <= 7)
            }
            while server.server.connections > 0 { await Task.yield() }
            let loop = try EventLoop(name: "client")
            let probe = ClientProbe(on: loop)
            await Self.dial(server, files, probe)
            #expect(await probe.nextDialled() != nil)
            #expect(server.server.handshakes == (begun: 11, completed: 1))
            await loop.stop()
        }
    }

    @Test
    func `a connection too many is closed without an answer in plaintext`() async throws {
        try await Self.run(maximumConnections: 1) { server, _ in
            let first = try server.connect()
            let second = try server.connect()
            #expect(try second.receiveUntilEnd().isEmpty)
            #expect(server.refusals == [.total: 1])
            withExtendedLifetime(first) {}
        }
    }

    /// The rules of the tables that hold though libwebsockets reads the head.
    private static let common: Set = [
        "a plain request", "a path and a query", "a list in two lines", "HEAD", "PUT", "DELETE",
        "a handshake", "websocket in capitals", "upgrade among other options", "no version", "version 8", "version 14",
        "no key", "a short key", "a long key", "a key that is no base64", "a Connection without upgrade",
        "a handshake by POST", "a handshake by HEAD",
    ]

    @Test
    func `heads are judged over TLS too, as far as libwebsockets shows them`() async throws {
        let heads = HeadCase.all.filter { Self.common.contains($0.rule) }
        #expect(heads.count == Self.common.count)
        try await Self.run(script: .init(requested: { $0.respond(.text("served")) })) { server, _ in
            for head in heads {
                let client = try OpenSSLClient(port: server.listener.port)
                try client.peer.send(head.bytes)
                let answer = try client.peer.receiveHead()
                #expect(answer.hasPrefix("HTTP/1.1 \(head.status) "), "\(head.rule): \(answer)")
                #expect(answer.contains("\r\nSec-WebSocket-Version: 13\r\n") == (head.status == 426), "\(head.rule)")
            }
        }
    }

    @Test
    func `over TLS an empty subprotocol and a query of several lines are told to be unreadable`() async throws {
        try await Self.run(script: .init(requested: { $0.respond(.text("served")) })) { server, _ in
            for request in [
                TestServer.handshake(subprotocols: "a,,b"), TestServer.handshake(subprotocols: ","),
                "GET /?a=b%0Ac HTTP/1.1\r\nHost: a\r\n\r\n",
            ] {
                let client = try OpenSSLClient(port: server.listener.port)
                try client.peer.send(request)
                #expect(try client.peer.receiveHead().hasPrefix("HTTP/1.1 400 "), "\(request)")
            }
        }
    }

    @Test
    func `over TLS h2c is ignored, and an upgrade to something unknown refused`() async throws {
        try await Self.run(script: .init(requested: { $0.respond(.text("served")) })) { server, _ in
            for (name, status) in [("h2c", 200), ("foo", 403)] {
                let client = try OpenSSLClient(port: server.listener.port)
                for _ in 0..<(status == 200 ? 3 : 1) {
                    try client.peer.send(TestServer.handshake(upgrade: name))
                    let answer = try client.peer.receiveHead()
                    #expect(answer.contains(" \(status) "), "\(name): \(answer)")
                    if status == 200 { #expect(try client.peer.receive(exactly: 7) == Array("served\n".utf8)) }
                }
            }
        }
    }

    @Test
    func `files that don't fit are told apart`() throws {
        let (files, other) = (try CertificateFiles(), try CertificateFiles())
        let cases: [(String, String, IdentityError.Part, String)] = [
            ("/nowhere", files.key, .certificate, "No such file or directory"),
            (files.certificate, "/nowhere", .key, "No such file or directory"),
            (files.key, files.key, .certificate, "no start line"),
            (files.certificate, other.key, .key, "key values mismatch"),
        ]
        for (certificate, key, part, reason) in cases {
            let error = #expect(throws: IdentityError.self) {
                try ServerIdentity(certificateFile: certificate, keyFile: key)
            }
            #expect(error?.part == part)
            #expect(error?.reason == reason)
            #expect(error?.path == (part == .key ? key : certificate))
        }
    }

    @Test
    func `authorities of clients are read with them`() throws {
        let (files, authority) = (try CertificateFiles(), try AuthorityFiles())
        func identity(_ authorities: String?) throws(IdentityError) -> ServerIdentity {
            let clients = authorities.map { ClientAuthorities(file: $0, isRequired: true) }
            return try ServerIdentity(certificateFile: files.certificate, keyFile: files.key, clients: clients)
        }
        #expect(try !identity(nil).asksClients)
        #expect(try identity(authority.certificate).asksClients)
        for (path, reason) in [("/nowhere", "No such file or directory"), (files.key, "no start line")] {
            let error = #expect(throws: IdentityError.self) { try identity(path) }
            #expect(error?.part == .clients && error?.path == path)
            #expect(error?.reason == reason, "\(path)")
        }
    }
}
