import WebSockets

/// An HTTP server whose answers the test gives, at once or when it wants to.
actor HTTPSource: WebSocketServerDelegate {
    /// What becomes of a request.
    enum Reply: Sendable {
        case answer(HTTPResponse)
        /// None until `release`.
        case held
    }

    nonisolated let loop: EventLoop
    private let acceptor: EventLoop
    private var server: WebSocketServer?
    private var listener: Listener?
    private var reply: @Sendable (String) -> Reply
    private var held: [HTTPExchange] = []
    private var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    /// The bodies of the requests that came.
    private(set) var requests: [String] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(_ reply: @escaping @Sendable (String) -> Reply) throws {
        self.reply = reply
        loop = try EventLoop(name: "source")
        acceptor = try EventLoop(name: "source-accept", servesSockets: false)
    }

    /// Runs `body` with a source on a free loopback port, and its URL.
    static func run(
        _ reply: @escaping @Sendable (String) -> Reply,
        _ body: (HTTPSource, String) async throws -> Void
    ) async throws {
        let source = try HTTPSource(reply)
        let result: Result<Void, any Error>
        do {
            try await body(source, try await source.listen())
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await source.stop()
        try result.get()
    }

    private func listen() throws -> String {
        let ledger = ConnectionLedger()
        var options = WebSocketServer.Options(subprotocols: [])
        options.methods = [.get, .post]
        let server = try WebSocketServer(on: loop, delegate: self, options: options, ledger: ledger)
        let bound = Listener.Options(host: "127.0.0.1", port: 0)
        let listener = try Listener(on: acceptor, options: bound, servers: [server], ledger: ledger)
        (self.server, self.listener) = (server, listener)
        return "http://127.0.0.1:\(listener.port)/source"
    }

    private func stop() async {
        await acceptor.stop()
        await loop.stop()
    }

    /// Answers otherwise from now on.
    func answer(_ reply: @escaping @Sendable (String) -> Reply) { self.reply = reply }

    /// Answers what was held; a request that is on its way here still is waited for.
    func release(_ response: HTTPResponse) async {
        if held.isEmpty { await requests(reach: requests.count + 1) }
        for exchange in held { exchange.respond(response) }
        held = []
    }

    /// Waits until so many requests have come in all.
    func requests(reach count: Int) async {
        guard requests.count < count else { return }
        await withCheckedContinuation { watchers.append((count, $0)) }
    }

    func requested(_ exchange: HTTPExchange) {
        let body = String(decoding: exchange.request.body, as: UTF8.self)
        requests.append(body)
        switch reply(body) {
        case .answer(let response): exchange.respond(response)
        case .held: held.append(exchange)
        }
        let reached = watchers.filter { $0.count <= requests.count }
        watchers.removeAll { $0.count <= requests.count }
        for watcher in reached { watcher.continuation.resume() }
    }

    func decide(_ request: UpgradeRequest) -> UpgradeDecision { .refuse(status: 404, reason: "no WebSocket here") }
    func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    ) {}
    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {}
    func writable(_ socket: WebSocket) {}
    func ponged(_ socket: WebSocket) {}
    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {}
}

extension HTTPResponse {
    /// 200 with JSON.
    static func json(_ text: String) -> HTTPResponse {
        HTTPResponse(contentType: "application/json", body: Array(text.utf8))
    }
}
