import OpenSSLCommand

@testable import WebSockets

/// A client's link to a server, over which a test sends what it likes, in plaintext or over TLS.
struct ServedLink: Sendable {
    let server: TestServer
    let probe: ClientProbe
    let socket: WebSocket

    /// Runs `body` on an open link, and ends it after.
    static func run(
        over carrier: Carrier,
        script: ServerProbe.Script = ServerProbe.Script(),
        limit: Int = 1000,
        headers: [(name: String, value: String)] = [],
        _ body: (ServedLink) async throws -> Void
    ) async throws {
        let files = carrier == .tls ? try CertificateFiles() : nil
        let identity = try files.map { try ServerIdentity(certificateFile: $0.certificate, keyFile: $0.key) }
        try await TestServer.run(
            script: script,
            // Of a frame that was refused at its head the rest is awaited, the client's close frame among it.
            closePatience: .milliseconds(200),
            adjust: { options in
                options.identity = identity
                options.limits.messageSize = limit
            }
        ) { server in
            let loop = try EventLoop(name: "client")
            let probe = ClientProbe(on: loop)
            var target = WebSocketClient.Target.loopback(server.listener.port, host: "localhost", headers: headers)
            target.isSecure = carrier == .tls
            target.authorityFile = files?.certificate
            _ = await probe.dial(target)
            do {
                guard let socket = await probe.nextDialled()?.socket else {
                    throw RawPeer.Failure(description: "the dial failed")
                }
                try await body(ServedLink(server: server, probe: probe, socket: socket))
            } catch {
                await loop.stop()
                throw error
            }
            await loop.stop()
        }
    }

    /// Sends bytes as they are, in one piece.
    func send(raw bytes: [UInt8]) {
        probe.loop.execute { [socket] in
            _ = unsafe bytes.withUnsafeBytes { unsafe socket.connection?.send($0) }
        }
    }

    /// The close code that the server sends next; nil when it just ends.
    func closeCode() async -> UInt16? {
        while let event = await probe.next() {
            switch event {
            case .closing(let closure): return closure.code
            case .closed(let closure): return closure.ownCode == nil ? closure.code : nil
            case .dialled, .failed, .received, .ponged, .advanced, .skipped: break
            }
        }
        return nil
    }
}
