import AccessTokens
import AllowedDocuments
import Fanout
import FanoutRelay
import GraphQLSession
import GraphQLTransport
import Synchronization
import WebSockets

/// A server of graphql-transport-ws whose events carry the user that their operation asked for.
actor OrdersUpstream: WebSocketServerDelegate {
    static let orders = "subscription Orders($userId: ID!) {\n  orders(userId: $userId) { userId n }\n}\n"
    static let me = "query Me($userId: ID!) { me(userId: $userId) }"
    static let cancel = "mutation Cancel($userId: ID!, $order: Int!) { cancel(userId: $userId, order: $order) }"
    static let one = "subscription One($region: Region!) { orders(userId: $region) { userId n } }"

    /// An operation that runs, and what was sent for it.
    private struct Running {
        let id: String
        let user: String
        let link: WebSocket
    }

    nonisolated let loop: EventLoop
    private let acceptor: EventLoop
    private var server: WebSocketServer?
    private var listener: Listener?
    private var running: [Running] = []
    /// The documents and variables of all operations that came.
    private(set) var requests: [(query: String, variables: String)] = []
    private var count = 0
    private var waiting: (operations: Int, continuation: CheckedContinuation<Void, Never>)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init() throws {
        loop = try EventLoop(name: "orders")
        acceptor = try EventLoop(name: "orders-accept", servesSockets: false)
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

    /// The users whose orders somebody listens to; one may be there twice.
    var users: [String] { running.map(\.user) }

    /// Returns when so many operations run.
    func runs(_ operations: Int) async {
        if running.count == operations { return }
        await withCheckedContinuation { waiting = (operations, $0) }
    }

    /// An event for each operation, all with the same number.
    func emit() {
        count += 1
        for operation in running { next(operation, #"{"orders":{"userId":"\#(operation.user)","n":\#(count)}}"#) }
    }

    /// Ends the operations of a user.
    func complete(_ user: String) {
        for operation in running where operation.user == user {
            operation.link.send(text: Array(#"{"id":"\#(operation.id)","type":"complete"}"#.utf8))
        }
        running.removeAll { $0.user == user }
    }

    private func next(_ operation: Running, _ data: String) {
        operation.link.send(text: Array(#"{"id":"\#(operation.id)","type":"next","payload":{"data":\#(data)}}"#.utf8))
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
        guard let message = try? MessageScanner.scan(bytes) else { return }
        let id = JSONString.decode(message.id, in: bytes) ?? ""
        switch message.kind {
        case .connectionInit: socket.send(text: Array(#"{"type":"connection_ack"}"#.utf8))
        case .subscribe: subscribe(id, GraphQLRequest(message, in: bytes), on: socket)
        case .complete: running.removeAll { $0.id == id }
        default: break
        }
        if let waiting, waiting.operations == running.count {
            self.waiting = nil
            waiting.continuation.resume()
        }
    }

    private func subscribe(_ id: String, _ request: GraphQLRequest?, on socket: WebSocket) {
        guard let request else { return }
        let variables = request.variables ?? Array("{}".utf8)
        requests.append((request.query, String(decoding: variables, as: UTF8.self)))
        let names: [StaticString] = ["userId", "region"]
        let user = names.lazy.compactMap { name in
            JSONString.decode(JSONScanner.member(name, of: variables.indices, in: variables.span), in: variables.span)
        }.first
        let operation = Running(id: id, user: user ?? "nobody", link: socket)
        guard !request.query.hasPrefix("subscription") else { return running.append(operation) }
        next(operation, #"{"answer":"\#(operation.user)"}"#)
        socket.send(text: Array(#"{"id":"\#(id)","type":"complete"}"#.utf8))
    }
}

extension Stage {
    /// What clients may bring: each its own orders.
    static func ownDocuments() throws -> [AllowedDocument] {
        let rules = ["userId": VariableRule.claim("sub")]
        return [
            try AllowedDocument(name: "orders", document: OrdersUpstream.orders, rules: rules),
            try AllowedDocument(name: "me", document: OrdersUpstream.me, rules: rules),
            try AllowedDocument(
                name: "cancel",
                document: OrdersUpstream.cancel,
                rules: ["userId": .claim("sub"), "order": .free]
            ),
            try AllowedDocument(name: "one", document: OrdersUpstream.one, rules: ["region": .claim("app.region")]),
        ]
    }

    /// A token of the user with a number, for a file of tokens.
    static func userToken(_ number: Int) -> String { "user-token-user-token-\(number)-" }

    /// Runs `body` on a stage whose clients have documents of their own, with so many users.
    static func orders(
        users: Int = 3,
        shards: Int = 1,
        adjust: (inout Configuration) -> Void = { _ in },
        _ body: (Stage, OrdersUpstream) async throws -> Void
    ) async throws {
        let upstream = try OrdersUpstream()
        let endpoint = try await upstream.listen()
        let result: Result<Void, any Error>
        do {
            let tokens = (1...users).map { "\(userToken($0)) subject=u\($0) scopes=subscribe,execute" }
            let documents = try ownDocuments()
            let verifier = try TestToken.verifier(
                tokens.joined(separator: "\n"),
                keeping: documents.flatMap(\.claims)
            )
            try await Stage.run([], shards: shards) { configuration in
                configuration.upstream = endpoint
                configuration.documents = documents
                configuration.authorizer = Authorizer(verifier: verifier, cookieName: "session")
                configuration.demand.linger = .zero
                adjust(&configuration)
            } _: { stage in
                try await stage.readiness(becomes: 200)
                try await body(stage, upstream)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await upstream.stop()
        try result.get()
    }

    /// A GraphQL client with a token, which was acknowledged.
    func user(_ token: String, legacy: Bool = false, tokens: Bool = false) async throws -> Peer {
        let peer = try connect()
        let answer = try await peer.upgrade("/graphql", subprotocols: legacy ? "graphql-ws" : "graphql-transport-ws")
        guard answer.status == 101 else { throw Peer.Failure(description: "no upgrade: \(answer.head)") }
        let relay = tokens ? #","relay":{"tokens":true}"# : ""
        peer.send(#"{"type":"connection_init","payload":{"token":"\#(token)"\#(relay)}}"#)
        _ = try await peer.text("connection_ack")
        if legacy { _ = try await peer.text("ka") }
        return peer
    }
}

extension Peer {
    /// The user of the next event of any dialect of WebSocket, and its number.
    func order() async throws -> (user: String, number: UInt64) {
        while true {
            let text = try await text()
            if text.contains(#""type":"status""#) { continue }
            guard let found = Self.order(in: text) else {
                throw Failure(description: "an order was expected, not \(text.prefix(300))")
            }
            return found
        }
    }

    /// The user and the number of an event's text; nil of any other.
    static func order(in text: String) -> (user: String, number: UInt64)? {
        guard let start = text.firstRange(of: #""userId":""#)?.upperBound, let number = text.number(after: #""n":"#)
        else { return nil }
        return (String(text[start...].prefix { $0 != "\"" }), number)
    }
}
