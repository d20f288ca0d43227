import GraphQLSession
import WebSockets

/// A server on a loopback port that does nothing by itself: each link is handed to the test.
actor ScriptedServer: WebSocketServerDelegate {
    nonisolated let loop: EventLoop
    private let acceptor: EventLoop
    private let subprotocols: [String]
    private var links: [ServerLink] = []
    private nonisolated let opened: AsyncStream<ServerLink>
    private let opening: AsyncStream<ServerLink>.Continuation
    private var server: WebSocketServer?
    private var listener: Listener?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(subprotocols: [String] = ["graphql-transport-ws"]) throws {
        self.subprotocols = subprotocols
        loop = try EventLoop(name: "server")
        acceptor = try EventLoop(name: "acceptor", servesSockets: false)
        (opened, opening) = AsyncStream.makeStream()
    }

    /// Starts to listen; the answer is where.
    func listen() throws -> Endpoint {
        let ledger = ConnectionLedger()
        var options = WebSocketServer.Options(subprotocols: subprotocols)
        options.limits.controlSize = 64 << 20
        let server = try WebSocketServer(on: loop, delegate: self, options: options, ledger: ledger)
        let listener = try Listener(
            on: acceptor,
            options: Listener.Options(host: "127.0.0.1", port: 0),
            servers: [server],
            ledger: ledger
        )
        self.server = server
        self.listener = listener
        return try Endpoint(parsing: "ws://127.0.0.1:\(listener.port)/graphql")
    }

    func stop() async {
        await acceptor.stop()
        await loop.stop()
    }

    /// How many links there have been.
    var linkCount: Int { links.count }

    /// The next link, or the oldest that wasn't asked for.
    nonisolated func nextLink() async throws -> ServerLink {
        var iterator = opened.makeAsyncIterator()
        guard let link = await iterator.next() else { throw Unexpected(what: "no link") }
        return link
    }

    /// The next link, acknowledged.
    nonisolated func nextAcknowledgedLink() async throws -> ServerLink {
        let link = try await nextLink()
        try await link.acknowledge()
        return link
    }

    func decide(_ request: UpgradeRequest) -> UpgradeDecision { .accept }

    func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    ) {
        let link = ServerLink(socket, by: request, on: loop)
        socket.token = links.count
        links.append(link)
        opening.yield(link)
    }

    func requested(_ exchange: HTTPExchange) {}

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        links[socket.token].took(.text(String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)))
    }

    func writable(_ socket: WebSocket) {}

    func ponged(_ socket: WebSocket) {}

    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {
        links[socket.token].took(.closed(closure))
    }
}
