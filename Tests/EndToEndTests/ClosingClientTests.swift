import AccessTokens
import DemoUpstream
import Fanout
import Synchronization
import Testing

@testable import FanoutRelay

extension Loopback {
    /// Operators who have a client closed.
    @Suite(.timeLimit(.minutes(1)))
    struct ClosingClientTests {
        private static let operators = "operator-operator-operator"
        private static let nameless = "nameless-nameless-nameless"
        private static let admin = "admin-admin-admin-admin"
        private static let reader = "reader-reader-reader-reader"
        private static let clients = "\(admin) subject=ann scopes=subscribe,admin\n\(reader) subject=ben"
        private static let cookie = "session"

        private static func bearer(_ token: String) -> String { "Authorization: Bearer \(token)\r\n" }

        /// - Parameters:
        ///   - operators: What a file of operators' tokens says; nil without one.
        ///   - clients: The same for clients; nil where all may enter.
        ///   - body: Gets a way to connect to the operators' listener, too.
        private static func run(
            over transport: Transport = .plaintext,
            operators: String? = "\(operators) subject=ops\n\(nameless)",
            clients: String? = nil,
            _ body: (Stage, () throws -> Peer) async throws -> Void
        ) async throws {
            let tokens = try operators.map {
                try StaticTokens(parsing: Array($0.utf8), granting: [.admin, .subscribe])
            }
            let verifier = try clients.map {
                TokenVerifier(staticTokens: try StaticTokens(parsing: Array($0.utf8), granting: nil))
            }
            try await Stage.run([Stage.manual()], over: transport, shards: 2) { configuration in
                var listener = ListenerConfiguration(.port(host: "127.0.0.1", port: 0))
                listener.allowedOrigins = ["https://friend.example"]
                configuration.operatorListeners = [listener]
                configuration.authorizer = Authorizer(verifier: verifier, cookieName: cookie)
                if let tokens { configuration.authorizer.admitOperators(tokens) }
            } _: { stage in
                let address = stage.relay.operatorListeners[0].address
                let port = try #require(UInt16(address.split(separator: ":").last ?? ""))
                try await body(stage) {
                    transport == .tls ? try Peer(securePort: port) : try Peer(port: port)
                }
            }
        }

        /// The number of the client that came last.
        private static func lastNumber(_ stage: Stage) -> UInt32 {
            stage.relay.statistics.clientNumbers.load(ordering: .relaxed)
        }

        @Test(arguments: Transport.all)
        func `one client is closed, whichever shard has it, and the others stay`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, operators in
                var clients: [(peer: Peer, number: UInt32)] = []
                for _ in 0..<6 {
                    clients.append((try await Peer.plain(on: stage.connect()), Self.lastNumber(stage)))
                }
                let peer = try operators()
                for (client, number) in clients.dropFirst(2) {
                    let path = "/clients/\(number)/close"
                    let answer = try await peer.post(path, "", headers: Self.bearer(Self.operators))
                    #expect(answer.status == 202 && answer.body == "client \(number) is being closed\n")
                    #expect(await client.closing() == .close(1008, "Closed by an operator"))
                }
                await stage.upstream.emit(1)
                for (client, _) in clients.prefix(2) { #expect(try await client.number() == 1) }
                let samples = try await peer.get("/metrics", headers: Self.bearer(Self.operators)).body
                #expect(samples.contains("\nfanout_clients_closed_by_operators_total 4\n"))
                let lines = stage.log.lines.filter { $0.contains("an operator closed a client") }
                #expect(lines.count == 4)
                #expect(
                    lines.first == "notice: an operator closed a client client=\(clients[2].number) peer=127.0.0.1 "
                        + "protocol=fanout.v1.json token=ops"
                )
                #expect(!stage.log.lines.contains { $0.contains(Self.operators) })
            }
        }

        @Test func `GraphQL clients and streams are closed too`() async throws {
            try await Self.run { stage, operators in
                let client = try await Peer.graphQL(stage)
                try await client.subscribe("1", Stage.manualDocument())
                let path = "/clients/\(Self.lastNumber(stage))/close"
                #expect(try await operators().post(path, "", headers: Self.bearer(Self.nameless)).status == 202)
                #expect(await client.closing() == .close(1008, "Closed by an operator"))
                let end = "protocol=graphql-transport-ws token=without a subject"
                #expect(stage.log.lines.contains { $0.hasSuffix(end) })

                let stream = try await Peer.stream(stage)
                _ = try await stream.text(through: "retry: ")
                let other = "/clients/\(Self.lastNumber(stage))/close"
                #expect(try await operators().post(other, "", headers: Self.bearer(Self.operators)).status == 202)
                _ = await stream.textToEnd()
                // Who has left already isn't there any more.
                for path in [path, other] {
                    try await stage.operatorsSee(path, operators, Self.bearer(Self.operators), status: 404)
                }
            }
        }

        @Test(arguments: Transport.all)
        func `a POST needs no length here, as curl sends none without data`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, operators in
                let client = try await Peer.plain(on: stage.connect())
                let path = "/clients/\(Self.lastNumber(stage))/close"
                #expect(try await operators().ask("POST", path, "").status == 401)
                let answer = try await operators().ask("POST", path, Self.bearer(Self.operators))
                #expect(answer.status == 202, "\(answer.head)")
                #expect(answer.head.contains("\r\nConnection: close\r\n"))
                #expect(await client.closing() == .close(1008, "Closed by an operator"))
                // Elsewhere it does.
                #expect(try await operators().ask("POST", "/metrics", Self.bearer(Self.operators)).status == 411)
                #expect(try await stage.connect().ask("POST", path, Self.bearer(Self.operators)).status == 411)
                #expect(try await stage.connect().ask("POST", "/graphql", "").status == 411)
            }
        }

        @Test func `nobody else may, and nothing happens`() async throws {
            try await Self.run(clients: Self.clients) { stage, operators in
                let peer = try stage.connect()
                #expect(try await peer.upgrade("/topics/m", headers: Self.bearer(Self.reader)).status == 101)
                try await peer.settle()
                let path = "/clients/\(Self.lastNumber(stage))/close"
                let good = Self.bearer(Self.operators)
                let cases: [(headers: String, query: String, status: Int)] = [
                    ("", "", 401), (Self.bearer("wrong-wrong-wrong-wrong"), "", 401),
                    (Self.bearer(Self.reader), "", 403),
                    ("Cookie: \(Self.cookie)=\(Self.operators)\r\n", "", 401),
                    ("Cookie: \(Self.cookie)=\(Self.admin)\r\n", "", 401),
                    ("", "?ticket=\(Self.operators)", 401), ("", "?ticket=\(Self.admin)", 401),
                    ("Authorization: Basic \(Self.operators)\r\n", "", 401),
                    (good + "Origin: https://evil.example\r\n", "", 403),
                    // It may read, since the listener names it.
                    (good + "Origin: https://friend.example\r\n", "", 403),
                    (good + "Origin: null\r\n", "", 403), (good + "Origin: http://localhost:1\r\n", "", 403),
                    (good + "Sec-Fetch-Site: cross-site\r\n", "", 403),
                ]
                for (headers, query, status) in cases {
                    let answer = try await operators().post(path + query, "", headers: headers)
                    #expect(answer.status == status, "\(headers)\(query)")
                    #expect(!answer.head.contains("Access-Control-Allow-Origin"))
                    let asks = status == 401 || headers.contains(Self.reader)
                    #expect(answer.head.contains("\r\nWWW-Authenticate: Bearer") == asks)
                }
                let friend = good + "Origin: https://friend.example\r\n"
                #expect(try await operators().get("/topics", headers: friend).status == 200)
                let rebound = try operators()
                rebound.send(
                    raw: Array("POST \(path) HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\(good)\r\n".utf8)
                )
                #expect(try await rebound.head().hasPrefix("HTTP/1.1 403 "))
                for method in ["GET", "HEAD"] {
                    let other = try operators()
                    other.send(raw: Array("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(good)\r\n".utf8))
                    let head = try await other.head()
                    #expect(head.hasPrefix("HTTP/1.1 405 ") && head.contains("\r\nAllow: OPTIONS, POST\r\n"), "\(head)")
                }
                #expect(try await operators().post("/clients/4000000000/close", "", headers: good).status == 404)
                let body = String(repeating: "x", count: RelayBuilder.operatorMessageSize + 1)
                #expect(try await operators().post(path, body, headers: good).status == 413)
                // At the clients' port there is nothing, as at any unknown path.
                for headers in [good, Self.bearer(Self.admin)] {
                    #expect(try await stage.connect().get(path, headers: headers).status == 404)
                    #expect(try await stage.connect().post(path, "", headers: headers).status == 405)
                }
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 1)
                // By the scope it may, and a cookie beside the header isn't looked at.
                let both = "Cookie: \(Self.cookie)=other-other-other\r\nOrigin: http://localhost\r\n"
                let answer = try await operators().post(path, "x", headers: both + Self.bearer(Self.admin))
                #expect(answer.status == 202, "\(answer.head)")
                #expect(await peer.closing() == .close(1008, "Closed by an operator"))
                #expect(stage.log.lines.contains { $0.hasSuffix("token=ann") })
            }
        }

        @Test(arguments: [nil, clients])
        func `without a file of operators' tokens nobody may`(clients: String?) async throws {
            try await Self.run(operators: nil, clients: clients) { _, operators in
                for headers in ["", Self.bearer(Self.admin)] {
                    let answer = try await operators().post("/clients/1/close", "", headers: headers)
                    #expect(answer.status == 403)
                    #expect(answer.body == "clients can be closed where --admin-token-file is given\n")
                }
                let state = try await operators().get("/state", headers: Self.bearer(Self.admin)).body
                #expect(state.contains(#""mayClose":false"#))
            }
        }

        @Test func `the page learns whether it may`() async throws {
            try await Self.run { _, operators in
                let state = try await operators().get("/state", headers: Self.bearer(Self.operators)).body
                #expect(state.contains(#""mayClose":true"#))
            }
        }
    }
}

extension Stage {
    /// Asks operators' listener by POST until the answer has a status.
    fileprivate func operatorsSee(
        _ path: String,
        _ connect: () throws -> Peer,
        _ headers: String,
        status: Int
    ) async throws {
        while try await connect().post(path, "", headers: headers).status != status { try Task.checkCancellation() }
    }
}
