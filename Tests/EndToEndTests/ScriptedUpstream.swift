import Fanout
import FanoutRelay
import GraphQLSession
import WebSockets

/// A server of graphql-transport-ws that does with each operation what its document says.
///
/// `bytes: N` is answered with so much text, `silence` never, `parts` and `increments` with three results, `hangUp`
/// with the end of the link; a variable `raw` is the payload as JSON; anything else is answered with
/// `{"data":{"n":1}}`.
actor ScriptedUpstream: WebSocketServerDelegate {
    static let parts = [
        #"{"hasNext":true,"data":{"a":1}}"#, #"{"path":["b"],"data":{"c":2},"hasNext":true}"#,
        #"{"path":["d"],"data":{"e":3},"hasNext":false}"#,
    ]

    /// The same in the format of today: results after the first have no data of their own.
    static let increments = [
        #"{"data":{"a":1},"pending":[{"id":"0","path":[],"label":"late"}],"hasNext":true}"#,
        #"{"hasNext":true, "incremental":[{"id":"0","data":{"c":2},"errors":[{"message":"m"}]}],"extensions":{"t":1}}"#,
        #"{"completed":[{"id":"0"}],"hasNext":false}"#,
    ]

    nonisolated let loop: EventLoop
    private let acceptor: EventLoop
    private var server: WebSocketServer?
    private var listener: Listener?
    private var link: WebSocket?
    private var subscription: String?
    private var silent: [String] = []
    /// How many queries and mutations came.
    private(set) var operations = 0
    /// How many operations the relay ended.
    private(set) var completed = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init() throws {
        loop = try EventLoop(name: "scripted")
        acceptor = try EventLoop(name: "scripted-accept", servesSockets: false)
    }

    /// Listens on a free loopback port.
    func listen() throws -> Endpoint {
        let ledger = ConnectionLedger()
        var options = WebSocketServer.Options(subprotocols: ["graphql-transport-ws"])
        options.limits.controlSize = 64 << 20
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

    /// An event for the topic.
    func emit(_ number: Int) {
        guard let subscription else { return }
        send(subscription, #"{"data":{"manual":{"n":\#(number)}}}"#)
    }

    /// Answers what it was silent about.
    func answerSilent() {
        for id in silent {
            send(id, #"{"data":{"n":1}}"#)
            link?.send(text: Array(#"{"id":"\#(id)","type":"complete"}"#.utf8))
        }
        silent = []
    }

    func decide(_ request: UpgradeRequest) -> UpgradeDecision { .accept }
    func opened(
        _ socket: WebSocket,
        by request: UpgradeRequest,
        _ context: UpgradeDecision.Context?,
        subprotocol: String?
    ) { link = socket }
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
        let id = String(text[start...].prefix { $0 != "\"" })
        if text.contains("subscription") {
            subscription = id
            return
        }
        operations += 1
        if text.contains("silence") { return silent.append(id) }
        if text.contains("hangUp") { return socket.terminate() }
        if text.contains("parts") {
            for part in Self.parts { send(id, part) }
            if text.contains("cut") { return socket.terminate() }
        } else if text.contains("increments") {
            for part in Self.increments { send(id, part) }
        } else if let count = text.number(after: "bytes: ") {
            send(id, #"{"data":{"text":"\#(String(repeating: "x", count: Int(count)))"}}"#)
        } else if let raw = text.firstRange(of: #"{"raw":"#)?.upperBound {
            // Up to the braces of variables, payload and message.
            send(id, String(text[raw...].dropLast(3)))
        } else {
            send(id, #"{"data":{"n":1}}"#)
        }
        socket.send(text: Array(#"{"id":"\#(id)","type":"complete"}"#.utf8))
    }

    private func send(_ id: String, _ payload: String) {
        link?.send(text: Array(#"{"id":"\#(id)","type":"next","payload":\#(payload)}"#.utf8))
    }
}

extension Stage {
    /// Runs `body` on a stage whose relay executes on a scripted upstream.
    static func scripted(
        adjust: (inout Configuration) -> Void = { _ in },
        _ body: (Stage, ScriptedUpstream) async throws -> Void
    ) async throws {
        let upstream = try ScriptedUpstream()
        let endpoint = try await upstream.listen()
        let result: Result<Void, any Error>
        do {
            var topic = try Stage.manual()
            topic.start = .demand
            try await Stage.run([topic]) { configuration in
                configuration.upstream = endpoint
                configuration.allowsExecution = true
                configuration.sendBuffer = 16 << 10
                adjust(&configuration)
            } _: { stage in
                try await stage.readiness(becomes: 200)
                try await body(stage, upstream)
                // A drain would wait for them.
                await upstream.answerSilent()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        try result.get()
    }
}
