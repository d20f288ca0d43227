@testable import WebSockets

/// How a dialled link is carried.
enum Carrier: CaseIterable, Sendable {
    case plain, tls
}

/// A client's link to a server that the test plays, in plaintext or over TLS.
struct DialledLink: Sendable {
    let probe: ClientProbe
    /// The server's side.
    let peer: RawPeer
    let socket: WebSocket
    private let server: OpenSSLServer?

    /// Runs `body` on an open link, and ends it after.
    static func run(
        over carrier: Carrier,
        limits: WebSocket.Limits = WebSocket.Limits(messageSize: 1000, skipSize: 16_000, controlSize: 1000),
        defaults: LibraryDefaults = LibraryDefaults(),
        answerFollowedBy frames: [UInt8] = [],
        _ body: (DialledLink) async throws -> Void
    ) async throws {
        let loop = try EventLoop(
            name: "dial",
            servesSockets: true,
            closeTimeout: .seconds(5),
            defaults: defaults
        )
        do {
            try await body(dial(on: loop, over: carrier, limits, frames))
        } catch {
            await loop.stop()
            throw error
        }
        await loop.stop()
    }

    private static func dial(
        on loop: EventLoop,
        over carrier: Carrier,
        _ limits: WebSocket.Limits,
        _ frames: [UInt8]
    ) async throws -> DialledLink {
        let probe = ClientProbe(on: loop)
        let server = carrier == .tls ? try OpenSSLServer() : nil
        let listener = carrier == .plain ? try RawListener() : nil
        var target = WebSocketClient.Target.loopback(server?.port ?? listener?.port ?? 0, host: "localhost")
        target.isSecure = carrier == .tls
        target.authorityFile = server?.certificate
        target.limits = limits
        _ = await probe.dial(target)
        guard let peer = try server?.peer ?? listener?.accept() else {
            throw RawPeer.Failure(description: "no server")
        }
        try peer.acceptUpgrade(followedBy: frames)
        guard let socket = await probe.nextDialled()?.socket else {
            throw RawPeer.Failure(description: "the dial failed")
        }
        return DialledLink(probe: probe, peer: peer, socket: socket, server: server)
    }
}
