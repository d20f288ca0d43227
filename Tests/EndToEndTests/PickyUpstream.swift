import GraphQLSession
import WebSockets

/// A server of graphql-transport-ws that does with each operation what its test says.
actor PickyUpstream: WebSocketServerDelegate {
    /// What becomes of an operation.
    enum Reply: Sendable {
        /// Results, and perhaps the end.
        case results([String], isComplete: Bool = false)
        /// Messages as they are.
        case messages([String])
        /// An error with this message.
        case error(String)
        /// No answer, ever.
        case silence
        /// The link is cut, without a close frame, or closed with a code.
        case cut
        case close(UInt16)
    }

    nonisolated let loop: EventLoop
    private let acceptor: EventLoop
    private var reply: @Sendable (String) -> Reply
    private var server: WebSocketServer?
    private var listener: Listener?
    private var sockets: [WebSocket] = []
    private var watchers: [(condition: (PickyUpstream) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    /// The `subscribe` messages that came, in order, and the number of the link that each came on.
    private(set) var operations: [(text: String, link: Int)] = []
    /// How many links were acknowledged.
    private(set) var links = 0
    /// How long after it is asked it acknowledges nobody: until it is asked again.
    private var isShut = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(_ reply: @escaping @Sendable (String) -> Reply) throws {
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

    /// Does something else with operations from now on.
    func answer(_ reply: @escaping @Sendable (String) -> Reply) { self.reply = reply }

    /// Cuts every link.
    func cut() {
        for socket in sockets { socket.terminate() }
    }

    /// Refuses links, or takes them again.
    func shut(_ isShut: Bool) { self.isShut = isShut }

    /// Sends a result to the newest operation that holds a text.
    func send(_ payload: String, to mark: String) { tell(mark, "next", payload) }

    /// Ends the newest operation that holds a text, with an error if there is one.
    func end(_ mark: String, error: String? = nil) {
        if let error {
            tell(mark, "error", #"[{"message":"\#(error)"}]"#)
        } else {
            tell(mark, "complete", nil)
        }
    }

    private func tell(_ mark: String, _ type: String, _ payload: String?) {
        guard let text = operations.last(where: { $0.text.contains(mark) })?.text,
            let start = text.firstRange(of: #""id":""#)?.upperBound
        else { return }
        let id = text[start...].prefix { $0 != "\"" }
        let payload = payload.map { #","payload":\#($0)"# } ?? ""
        for socket in sockets { socket.send(text: Array(#"{"id":"\#(id)","type":"\#(type)"\#(payload)}"#.utf8)) }
    }

    /// How many operations came that hold a text.
    func count(of mark: String) -> Int { operations.count { $0.text.contains(mark) } }

    /// Waits until something is so.
    func wait(until condition: @escaping @Sendable (isolated PickyUpstream) -> Bool) async {
        guard !condition(self) else { return }
        await withCheckedContinuation { continuation in
            watchers.append(({ upstream in upstream.assumeIsolated { condition($0) } }, continuation))
        }
    }

    private func changed() {
        let met = watchers.filter { $0.condition(self) }
        watchers.removeAll { $0.condition(self) }
        for watcher in met { watcher.continuation.resume() }
    }

    func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        isShut ? .refuse(status: 503, reason: "shut") : .accept
    }

    func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    ) { sockets.append(socket) }
    func requested(_ exchange: HTTPExchange) {}
    func writable(_ socket: WebSocket) {}
    func ponged(_ socket: WebSocket) {}
    func closed(_ socket: WebSocket, _ closure: WebSocketClosure) { sockets.removeAll { $0 === socket } }

    func received(_ bytes: Span<UInt8>, isText: Bool, on socket: WebSocket) {
        let text = String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        if text.contains(#""type":"connection_init""#) {
            links += 1
            changed()
            return socket.send(text: Array(#"{"type":"connection_ack"}"#.utf8))
        }
        guard text.contains(#""type":"subscribe""#), let start = text.firstRange(of: #""id":""#)?.upperBound else {
            return
        }
        operations.append((text, links))
        let id = text[start...].prefix { $0 != "\"" }
        switch text.contains("__typename")
            ? .results([#"{"data":{"__typename":"Query"}}"#], isComplete: true) : reply(text)
        {
        case .results(let payloads, let isComplete):
            for payload in payloads {
                socket.send(text: Array(#"{"id":"\#(id)","type":"next","payload":\#(payload)}"#.utf8))
            }
            if isComplete { socket.send(text: Array(#"{"id":"\#(id)","type":"complete"}"#.utf8)) }
        case .messages(let messages):
            for message in messages { socket.send(text: Array(message.utf8)) }
        case .error(let message):
            socket.send(text: Array(#"{"id":"\#(id)","type":"error","payload":[{"message":"\#(message)"}]}"#.utf8))
        case .silence: break
        case .cut: socket.terminate()
        case .close(let code): socket.close(code, "poisoned")
        }
        changed()
    }
}
