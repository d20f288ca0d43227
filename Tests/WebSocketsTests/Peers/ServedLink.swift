import OpenSSLCommand
import Wire

@testable import WebSockets

/// A client's link to a server, over which a test sends what it likes, in plaintext or over TLS.
struct ServedLink: Sendable {
    let server: TestServer
    let probe: ClientProbe
    let socket: WebSocket

    /// Runs `body` for each case on an open link of its own to one server, and ends them after.
    static func run<Case>(
        over carrier: Carrier,
        limit: Int = 1000,
        each cases: [Case],
        headers: (Case) -> [HTTPField] = { _ in [] },
        _ body: (ServedLink, Case) async throws -> Void
    ) async throws {
        let files = carrier == .tls ? try CertificateFiles() : nil
        let identity = try files.map { try ServerIdentity(certificateFile: $0.certificate, keyFile: $0.key) }
        // Of a frame that was refused at its head the rest is awaited, the client's close frame among it.
        try await TestServer.run(closeTimeout: .milliseconds(200)) { options in
            options.identity = identity
            options.limits.messageSize = limit
        } _: { server in
            let loop = try EventLoop(name: "client")
            do {
                for one in cases {
                    let probe = ClientProbe(on: loop)
                    var target = WebSocketClient.Target.loopback(
                        server.listener.port,
                        host: "localhost",
                        headers: headers(one)
                    )
                    target.isSecure = carrier == .tls
                    target.authorityFile = files?.certificate
                    _ = await probe.dial(target)
                    guard let socket = await probe.nextDialled()?.socket else {
                        throw RawPeer.Failure(description: "the dial failed")
                    }
                    try await body(ServedLink(server: server, probe: probe, socket: socket), one)
                    loop.execute { socket.terminate() }
                }
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
