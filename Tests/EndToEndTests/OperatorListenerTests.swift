import AccessTokens
import DemoUpstream
import Fanout
import Glibc
import GraphQLSession
import TestSupport
import Testing
import WebSockets
import Wire

@testable import FanoutRelay

extension Loopback {
    /// What operators get at a listener of their own, and clients no more at theirs.
    @Suite(.timeLimit(.minutes(1)))
    struct OperatorListenerTests {
        /// - Parameter body: Gets a way to connect to the operators' listener, too.
        private static func run(
            over transport: Transport = .plaintext,
            adjust: (inout Configuration) -> Void = { _ in },
            _ body: (Stage, () throws -> Peer) async throws -> Void
        ) async throws {
            try await Stage.run([Stage.manual()], over: transport) { configuration in
                configuration.operatorListeners = [ListenerConfiguration(.port(host: "127.0.0.1", port: 0))]
                adjust(&configuration)
            } _: { stage in
                let address = stage.relay.operatorListeners[0].address
                let port = try #require(UInt16(address.split(separator: ":").last ?? ""))
                try await body(stage) {
                    transport == .tls ? try Peer(securePort: port) : try Peer(port: port)
                }
            }
        }

        @Test(arguments: Transport.all)
        func `what is for operators leaves the clients' port`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, operators in
                try await stage.readiness(becomes: 200)
                let cases: [(path: String, clients: Int, operators: Int)] = [
                    ("/", 404, 200), ("/topics", 404, 200), ("/metrics", 404, 200), ("/healthz", 200, 200),
                    ("/readyz", 200, 200), ("/topics/m", 426, 426), ("/graphql", 426, 404), ("/queries/q", 404, 404),
                ]
                let (client, peer) = (try stage.connect(), try operators())
                for (path, clients, operators) in cases {
                    #expect(try await client.get(path).status == clients, "\(path)")
                    #expect(try await peer.get(path).status == operators, "\(path)")
                }
                #expect(try await client.get("/readyz").body.isEmpty)
                #expect(try await peer.get("/readyz").body == "ready\n")
                #expect(try await peer.post("/metrics", "").status == 405)
            }
        }

        @Test(arguments: Transport.all)
        func `the page's stream gets events`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, operators in
                let page = try operators()
                let head = try await page.openStream("GET", "/topics/m?lag=latest&last=50")
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"))
                try await page.greeting()
                await stage.upstream.emit(2)
                for number in 1...2 as ClosedRange<UInt64> { #expect(try await page.event().sequence == number) }
                for path in ["/topics/none", "/graphql?query=subscription%20%7B%20m%20%7D"] {
                    #expect(try await operators().openStream("GET", path).hasPrefix("HTTP/1.1 404 "))
                }
            }
        }

        @Test(arguments: Transport.all)
        func `a topic's WebSocket gets events, and no other is opened`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, operators in
                let page = try operators()
                #expect(try await page.upgrade("/topics/m?lag=latest", subprotocols: "fanout.v1.json").status == 101)
                let client = try await Peer.plain(on: stage.connect())
                await stage.upstream.emit(2)
                for peer in [page, client] { #expect(try await peer.numbers(2) == [1, 2]) }
                #expect(try await operators().upgrade("/graphql", subprotocols: "fanout.v1.json").status == 404)
                #expect(try await operators().upgrade("/topics/m", subprotocols: "graphql-ws").status == 400)
            }
        }

        @Test func `reasons are told to operators alone`() async throws {
            try await Self.run { configuration in
                configuration.session.connectTimeout = .milliseconds(500)
            } _: { stage, operators in
                await stage.upstream.stop()
                try await stage.readiness(becomes: 503)
                let peer = try operators()
                var words = ""
                while !words.hasPrefix("the upstream is not connected: ") {
                    try Task.checkCancellation()
                    words = try await peer.get("/readyz").body
                }
                let answer = try await stage.connect().get("/readyz")
                #expect(answer.status == 503 && answer.body.isEmpty)
            }
        }

        @Test func `no limit for clients keeps operators out`() async throws {
            try await Self.run { configuration in
                configuration.admission.maximumConnections = 1
                configuration.admission.acceptRate = 1
                configuration.admission.acceptRatePerAddress = 1
                configuration.admission.maximumPerAddress = 1
            } _: { stage, operators in
                let client = try await Peer.plain(on: stage.connect())
                #expect(try await stage.connect().get("/healthz").status != 200)
                let peers = [try operators(), try operators(), try operators()]
                for peer in peers { #expect(try await peer.get("/metrics").status == 200) }
                withExtendedLifetime(client) {}
            }
        }

        @Test func `operators get answers while a shard is busy`() async throws {
            try await Self.run { stage, operators in
                let client = try await Peer.plain(on: stage.connect())
                let lock = Semaphore()
                let isBlocked = AsyncStream.makeStream(of: Void.self)
                let loop = try #require(stage.relay.loops.first { $0.name == "shard-0" })
                loop.execute {
                    isBlocked.continuation.finish()
                    lock.wait()
                }
                for await _ in isBlocked.stream {}
                let peer = try operators()
                for path in ["/metrics", "/readyz", "/topics", "/"] {
                    #expect(try await peer.get(path).status == 200, "\(path)")
                }
                lock.post()
                await stage.upstream.emit(1)
                #expect(try await client.number() == 1)
            }
        }

        @Test func `operators are served until the drain's end`() async throws {
            try await Self.run { stage, operators in
                // Each is sent away at a moment of its own; some are here until they are let go of.
                var clients: [Peer] = []
                for _ in 0..<8 { clients.append(try await Peer.plain(on: stage.connect())) }
                let relay = stage.relay
                let drain = Task { await relay.drain(over: .seconds(20)) }
                let peer = try operators()
                while try await peer.get("/metrics").body.number(after: "\nfanout_draining ") != 1 {
                    try Task.checkCancellation()
                }
                #expect(try await operators().get("/readyz").body == "draining\n")
                clients = []
                await drain.value
            }
        }

        @Test func `pages of clients have no business with operators`() async throws {
            try await Self.run { configuration in
                configuration.admission.allowedOrigins = ["https://app.example", "*"]
            } _: { stage, operators in
                let headers = "Origin: https://app.example\r\n"
                #expect(try await stage.connect().upgrade("/topics/m", headers: headers).status == 101)
                #expect(try await operators().upgrade("/topics/m", headers: headers).status == 403)
                #expect(try await operators().get("/metrics", headers: headers).status == 403)
                for fields in [headers, "Sec-Fetch-Site: cross-site\r\n"] {
                    #expect(try await operators().openStream("GET", "/topics/m", fields).hasPrefix("HTTP/1.1 403 "))
                }
                for path in ["/metrics", "/topics/m"] {
                    let (peer, accept) = (try operators(), "Accept: text/event-stream\r\n")
                    peer.send(raw: Array("GET \(path) HTTP/1.1\r\nHost: rebound.example\r\n\(accept)\r\n".utf8))
                    #expect(try await peer.head().hasPrefix("HTTP/1.1 403 "))
                }
            }
        }

        @Test func `who may not enter as a client may as an operator of this machine`() async throws {
            try await Self.run { configuration in
                configuration.authorizer = Authorizer(verifier: TokenVerifier())
            } _: { stage, operators in
                let (client, peer) = (try stage.connect(), try operators())
                #expect(try await client.upgrade("/topics/m").status == 401)
                for path in ["/", "/topics", "/metrics", "/readyz"] {
                    #expect(try await peer.get(path).status == 200, "\(path)")
                }
                #expect(try await operators().upgrade("/topics/m").status == 101)
            }
        }

        @Test func `the state names the ports that clients connect to by themselves`() async throws {
            let folder = TemporaryFolder()
            let tokens = try StaticTokens(parsing: Array("operator-operator-operator".utf8), granting: [.admin])
            try await Self.run { configuration in
                var proxied = ListenerConfiguration(.port(host: "127.0.0.1", port: 0))
                proxied.readsProxyHeader = true
                configuration.trustedProxies = [AddressRange("127.0.0.1")].compactMap(\.self)
                // Behind a proxy operators need a token.
                configuration.authorizer.admitOperators(tokens)
                let wide = ListenerConfiguration(.port(host: "0.0.0.0", port: 0))
                configuration.listeners += [.init(.unix(path: folder.file("clients"))), proxied, wide]
            } _: { stage, operators in
                let addresses = [0, 3].map { stage.relay.listeners[$0].address }
                let answer = try await operators().get(
                    "/state",
                    headers: "Authorization: Bearer operator-operator-operator\r\n"
                )
                #expect(StateReport(Array(answer.body.utf8))?.clients.addresses == addresses)
            }
        }

        @Test func `behind a proxy that is trusted nobody is an operator without a token`() async throws {
            try await Self.run { configuration in
                configuration.authorizer = Authorizer(verifier: TokenVerifier())
                configuration.trustedProxies = AddressRange("127.0.0.1").map { [$0] } ?? []
            } _: { _, operators in
                let (peer, page) = (try operators(), try operators())
                for path in ["/topics", "/metrics", "/state", "/readyz"] {
                    #expect(try await peer.get(path).status == 401, "\(path)")
                }
                #expect(try await peer.get("/healthz").status == 200)
                #expect(try await page.upgrade("/topics/m").status == 401)
            }
        }

        @Test func `a Unix socket is for operators as well`() async throws {
            let folder = TemporaryFolder()
            let path = folder.file("operators")
            try await Self.run { configuration in
                configuration.operatorListeners.append(ListenerConfiguration(.unix(path: path, mode: 0o600)))
            } _: { stage, _ in
                #expect(stage.relay.operatorListeners[1].address == "unix:\(path)")
                let peer = try Peer(path: path)
                #expect(try await peer.get("/metrics").status == 200)
            }
            #expect(unsafe access(path, F_OK) != 0)
        }

        @Test func `an address that others reach needs tokens`() async throws {
            var configuration = Configuration(
                upstream: try Endpoint(parsing: "ws://localhost:1"),
                topics: [try Stage.manual()],
                shards: 1
            )
            configuration.operatorListeners = [ListenerConfiguration(.port(host: "0.0.0.0", port: 0))]
            let error = await #expect(throws: ConfigurationError.self) {
                _ = try await Relay(configuration, logger: LogRecorder().logger)
            }
            #expect(error?.description.contains("0.0.0.0:0 for operators") == true)
        }
    }
}

/// Holds a thread up until somebody lets it go.
@safe private final class Semaphore: Sendable {
    private nonisolated(unsafe) let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { unsafe sem_init(semaphore, 0, 0) }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    func wait() { while unsafe sem_wait(semaphore) != 0 {} }

    func post() { unsafe sem_post(semaphore) }
}
