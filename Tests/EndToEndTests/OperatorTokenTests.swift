import AccessTokens
import DemoUpstream
import Fanout
import Testing
import WebSockets

@testable import FanoutRelay

extension Loopback {
    /// Who is an operator at a listener of theirs where that is asked.
    @Suite(.timeLimit(.minutes(1)))
    struct OperatorTokenTests {
        private static let operators = "operator-operator-operator"
        private static let admin = "admin-admin-admin-admin"
        private static let metrics = "metrics-metrics-metrics"
        private static let reader = "reader-reader-reader-reader"

        private static let everybody = """
            \(admin) subject=ann scopes=subscribe,admin
            \(metrics) subject=prometheus scopes=admin
            \(reader) subject=ben
            """

        private static func tokens(_ file: String, granting scopes: ScopeSet? = nil) throws -> StaticTokens {
            try StaticTokens(parsing: Array(file.utf8), granting: scopes)
        }

        /// - Parameter body: Gets a way to connect to the operators' listener, too.
        private static func run(
            over transport: Transport = .plaintext,
            clients: String? = everybody,
            _ body: (Stage, () throws -> Peer) async throws -> Void
        ) async throws {
            let clients = try clients.map { TokenVerifier(staticTokens: try tokens($0)) }
            let operators = try tokens(operators, granting: [.admin, .subscribe])
            try await Stage.run([Stage.manual()], over: transport) { configuration in
                configuration.operatorListeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: 0))]
                configuration.authorizer = Authorizer(verifier: clients)
                configuration.authorizer.admitOperators(operators)
            } _: { stage in
                #expect(stage.relay.operatorListeners.map(\.asksOperators) == [true])
                let address = stage.relay.operatorListeners[0].address
                let port = try #require(UInt16(address.split(separator: ":").last ?? ""))
                try await body(stage) {
                    transport == .tls ? try Peer(securePort: port) : try Peer(port: port)
                }
            }
        }

        private static func bearer(_ token: String?) -> String {
            token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        }

        private static let paths = ["/state", "/topics", "/metrics", "/readyz"]

        @Test(arguments: Transport.all)
        func `every path needs a token but that of health and the page`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, operators in
                let cases: [(token: String?, status: Int)] = [
                    (nil, 401), ("wrong-wrong-wrong-wrong", 401), (Self.reader, 403), (Self.metrics, 200),
                    (Self.admin, 200), (Self.operators, 200),
                ]
                #expect(try await operators().get("/").body == String(decoding: Dashboard.page.body, as: UTF8.self))
                try await stage.readiness(becomes: 200)
                for (token, status) in cases {
                    let (peer, headers) = (try operators(), Self.bearer(token))
                    #expect(try await peer.get("/healthz", headers: headers).status == 200)
                    for path in Self.paths {
                        let answer = try await peer.get(path, headers: headers)
                        #expect(answer.status == status, "\(token ?? "none") \(path)")
                        #expect(
                            answer.head.contains("\r\nWWW-Authenticate: Bearer") == (status >= 400),
                            "\(answer.head)"
                        )
                    }
                }
            }
        }

        @Test(arguments: Transport.all)
        func `events are for operators who may subscribe`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, operators in
                let cases: [(token: String?, status: Int)] = [
                    (nil, 401), (Self.reader, 403), (Self.metrics, 403), (Self.admin, 101), (Self.operators, 101),
                ]
                var listening: [Peer] = []
                for (token, status) in cases {
                    let peer = try operators()
                    let answer = try await peer.upgrade("/topics/m", headers: Self.bearer(token))
                    #expect(answer.status == status, "\(token ?? "none")")
                    if status == 101 { listening.append(peer) }
                }
                await stage.upstream.emit(1)
                for peer in listening { #expect(try await peer.number() == 1) }
            }
        }

        @Test(arguments: Transport.all)
        func `so are event streams, whose token is in a header`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, operators in
                let cases: [(token: String?, status: Int)] = [
                    (nil, 401), (Self.reader, 403), (Self.metrics, 403), (Self.admin, 200), (Self.operators, 200),
                ]
                var reading: [Peer] = []
                for (token, status) in cases {
                    let peer = try operators()
                    let head = try await peer.openStream("GET", "/topics/m", Self.bearer(token))
                    #expect(head.hasPrefix("HTTP/1.1 \(status) "), "\(token ?? "none")")
                    if status == 200 { reading.append(peer) }
                }
                let head = try await operators().openStream("GET", "/topics/m?ticket=\(Self.operators)")
                #expect(head.hasPrefix("HTTP/1.1 401 "))
                for peer in reading { try await peer.greeting() }
                await stage.upstream.emit(1)
                for peer in reading { #expect(try await peer.event().sequence == 1) }
            }
        }

        @Test func `an operator's token is good for nothing at the clients' port`() async throws {
            try await Self.run { stage, _ in
                let (client, other) = (try stage.connect(), try stage.connect())
                #expect(try await client.upgrade("/topics/m", headers: Self.bearer(Self.operators)).status == 401)
                for (path, status) in [("/metrics", 404), ("/readyz", 200)] {
                    let answer = try await other.get(path, headers: Self.bearer(Self.admin))
                    #expect(answer.status == status && !answer.body.contains("ready"), "\(path)")
                }
            }
        }

        @Test func `where clients are asked nothing operators are`() async throws {
            try await Self.run(clients: nil) { stage, operators in
                let (client, peer) = (try stage.connect(), try operators())
                #expect(try await client.upgrade("/topics/m").status == 101)
                for (headers, status) in [
                    ("", 401), (Self.bearer(Self.admin), 401), (Self.bearer(Self.operators), 200),
                ] {
                    #expect(try await peer.get("/metrics", headers: headers).status == status)
                }
                #expect(try await peer.get("/metrics?ticket=\(Self.operators)").status == 401)
                let samples = try await peer.get("/metrics", headers: Self.bearer(Self.operators)).body
                #expect(samples.contains("\nfanout_credentials_refused_total{reason=\"absent\"} 1\n"))
                #expect(samples.contains("\nfanout_credentials_refused_total{reason=\"unknown_token\"} 2\n"))
            }
        }

        @Test func `other tokens are taken from now on`() async throws {
            try await Self.run { stage, operators in
                let peer = try operators()
                #expect(try await peer.get("/metrics", headers: Self.bearer(Self.operators)).status == 200)
                let renewed = "renewed-renewed-renewed"
                stage.relay.authorizer.admitOperators(try Self.tokens(renewed, granting: [.admin]))
                for (token, status) in [(Self.operators, 401), (renewed, 200), (Self.admin, 200)] {
                    #expect(try await peer.get("/metrics", headers: Self.bearer(token)).status == status, "\(token)")
                }
                // Who takes all tokens away doesn't open the door.
                stage.relay.authorizer.admitOperators(StaticTokens())
                #expect(try await peer.get("/metrics").status == 401)
            }
        }
    }
}
