import GraphQLSession
import WebSockets

/// A server of graphql-transport-ws that does with each operation what its test says.
actor ScriptedUpstream: WebSocketServerDelegate {
    /// What becomes of an operation.
    enum Reply: Sendable {
        /// One result, then the end.
        case result(String)
        /// Several results, then the end.
        case results([String])
        /// The end without a result.
        case nothing
        /// No answer, ever.
        case silence
        /// The link is cut.
        case hangUp
    }

    nonisolated let loop: EventLoop
    private let acceptor: EventLoop
    private let reply: Reply
    private var server: WebSocketServer?
    private var listener: Listener?
    /// How many operations came.
    private(set) var operations = 0
    /// How many of them the client ended.
    private(set) var completed = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(_ reply: Reply) throws {
        self.reply = reply
        loop = try EventLoop(name: "upstream")
        acceptor = try EventLoop(name: "acceptor", servesSockets: false)
    }

    /// Listens on a free loopback port.
    func listen() throws -> Endpoint {
        let ledger = ConnectionLedger()
        let options = WebSocketServer.Options(subprotocols: ["graphql-transport-ws"])
        let server = try WebSocketServer(on: loop, delegate: self, options: options, ledger: ledger)
        let bound = Listener.Options(host: "127.0.0.1", port: 0)
        let listener = try Listener(on: acceptor, options: bound, servers: [server], ledger: ledger)
        (self.server, self.listener) = (server, listener)
        return try Endpoint(parsing: "ws://127.0.0.1:\(listener.port)/graphql")
    }

    func stop() async {
        await acceptor.stop()
        await loop.stop()
    }

    func decide(_ request: UpgradeRequest) -> UpgradeDecision { .accept }
    func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    ) {}
    func requested(_ exchange: HTTPExchange) {}
    func writable(_ socket: WebSocket) {}
    func ponged(_ socket: WebSocket) {}
    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) {}

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        let text = String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        if text.contains(#""type":"connection_init""#) {
            return socket.send(text: Array(#"{"type":"connection_ack"}"#.utf8))
        }
        if text.contains(#""type":"complete""#) { completed += 1 }
        guard text.contains(#""type":"subscribe""#), let start = text.firstRange(of: #""id":""#)?.upperBound else {
            return
        }
        operations += 1
        let id = text[start...].prefix { $0 != "\"" }
        switch reply {
        case .result(let payload):
            socket.send(text: Array(#"{"id":"\#(id)","type":"next","payload":\#(payload)}"#.utf8))
            socket.send(text: Array(#"{"id":"\#(id)","type":"complete"}"#.utf8))
        case .results(let payloads):
            for payload in payloads {
                socket.send(text: Array(#"{"id":"\#(id)","type":"next","payload":\#(payload)}"#.utf8))
            }
            socket.send(text: Array(#"{"id":"\#(id)","type":"complete"}"#.utf8))
        case .nothing: socket.send(text: Array(#"{"id":"\#(id)","type":"complete"}"#.utf8))
        case .silence: break
        case .hangUp: socket.terminate()
        }
    }
}
