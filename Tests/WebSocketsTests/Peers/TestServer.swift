@testable import WebSockets

/// A whole server on an ephemeral loopback port: a listener with its loop, and one loop that serves.
struct TestServer {
    let loop: EventLoop
    let acceptor: EventLoop
    let probe: ServerProbe
    let server: WebSocketServer
    let listener: Listener

    static func start(
        subprotocols: [String] = [],
        script: ServerProbe.Script = ServerProbe.Script(),
        closeTimeout: Duration = .seconds(5),
        defaults: LibraryDefaults = LibraryDefaults(),
        maximumConnections: Int = 1000,
        maximumPerAddress: Int = .max,
        adjust: (inout WebSocketServer.Options) -> Void = { _ in },
        adjustListener: (inout Listener.Options) -> Void = { _ in },
        heads: HeadDesk.Limits? = nil,
        proxies: ProxyDesk.Limits = ProxyDesk.Limits()
    ) async throws -> TestServer {
        let loop = try EventLoop(
            name: "serve",
            servesSockets: true,
            closeTimeout: closeTimeout,
            defaults: defaults
        )
        let acceptor = try EventLoop(name: "accept", servesSockets: false)
        let probe = ServerProbe(on: loop, script: script)
        let ledger = ConnectionLedger()
        var options = WebSocketServer.Options(subprotocols: subprotocols)
        adjust(&options)
        let server = try await probe.serve(options, ledger: ledger)
        var listenerOptions = Listener.Options(
            host: "127.0.0.1",
            port: 0,
            maximumConnections: maximumConnections,
            maximumPerAddress: maximumPerAddress
        )
        adjustListener(&listenerOptions)
        var limits = heads ?? HeadDesk.Limits()
        if heads == nil { limits.timeout = options.headerTimeout }
        let listener = try Listener(
            on: acceptor,
            options: listenerOptions,
            services: [[server]],
            ledger: ledger,
            heads: limits,
            proxies: proxies
        )
        return TestServer(loop: loop, acceptor: acceptor, probe: probe, server: server, listener: listener)
    }

    func stop() async {
        await acceptor.stop()
        await loop.stop()
    }

    /// Runs `body` against a server and stops it after.
    static func run(
        subprotocols: [String] = [],
        script: ServerProbe.Script = ServerProbe.Script(),
        closeTimeout: Duration = .seconds(5),
        defaults: LibraryDefaults = LibraryDefaults(),
        maximumConnections: Int = 1000,
        maximumPerAddress: Int = .max,
        adjust: (inout WebSocketServer.Options) -> Void = { _ in },
        adjustListener: (inout Listener.Options) -> Void = { _ in },
        heads: HeadDesk.Limits? = nil,
        proxies: ProxyDesk.Limits = ProxyDesk.Limits(),
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let server = try await start(
            subprotocols: subprotocols,
            script: script,
            closeTimeout: closeTimeout,
            defaults: defaults,
            maximumConnections: maximumConnections,
            maximumPerAddress: maximumPerAddress,
            adjust: adjust,
            adjustListener: adjustListener,
            heads: heads,
            proxies: proxies
        )
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// The connections that were turned away, by reason.
    var refusals: [Listener.Refusal: Int] {
        let counts = Listener.Refusal.allCases.map { ($0, listener.refused($0)) }
        return Dictionary(uniqueKeysWithValues: counts.filter { $0.1 > 0 })
    }

    func connect(receiveBuffer: Int32? = nil) throws -> RawPeer {
        try RawPeer(port: listener.port, receiveBuffer: receiveBuffer)
    }

    /// A handshake as a client writes it.
    static func handshake(
        path: String = "/",
        subprotocols: String? = nil,
        upgrade: String = "websocket",
        headers: String = ""
    ) -> String {
        let offer = subprotocols.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
        return "GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: \(upgrade)\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(offer)\(headers)\r\n"
    }

    /// Connects and upgrades; also returns the head of the answer.
    func upgrade(
        path: String = "/",
        subprotocols: String? = nil,
        receiveBuffer: Int32? = nil
    ) throws -> (peer: RawPeer, head: String) {
        let peer = try connect(receiveBuffer: receiveBuffer)
        try peer.send(Self.handshake(path: path, subprotocols: subprotocols))
        return (peer, try peer.receiveHead())
    }

    /// Lets its loop run for a while.
    func pause(for time: Duration) async {
        await withCheckedContinuation { continuation in
            loop.execute { [loop] in LoopTimer(on: loop) { continuation.resume() }.start(after: time) }
        }
    }

    /// Another client gets in and is answered.
    func isAlive() -> Bool {
        guard let (peer, head) = try? upgrade() else { return false }
        guard head.hasPrefix("HTTP/1.1 101"), (try? peer.send(RawFrame(opcode: 9, payload: [7]).masked)) != nil else {
            return false
        }
        return (try? peer.receiveFrame()) == RawFrame(opcode: 10, payload: [7])
    }
}
