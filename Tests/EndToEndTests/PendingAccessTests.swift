import AccessTokens
import DemoUpstream
import Fanout
import OpenSSLCommand
import Testing
import WebSockets

@testable import FanoutRelay

extension Loopback {
    /// Clients over which can't be decided at once: their key has to be fetched first.
    @Suite(.timeLimit(.minutes(1)), .enabled(if: OpenSSL.isInstalled))
    struct PendingAccessTests {
        private struct Scene {
            let stage: Stage
            let source: HTTPSource
            let new: RSAIssuer
            let sets: (old: String, both: String)

            /// A token of the key that the relay doesn't know yet.
            func token(_ claims: String = #"{"exp":9e9,"scope":"subscribe execute admin"}"#) throws -> String {
                try new.token(claims)
            }

            /// Lets the fetch end that the relay waits for.
            func publish(_ text: String? = nil) async { await source.release(.json(text ?? sets.both)) }

            func pending(reaches count: UInt64) async throws {
                let peer = try stage.connect()
                while true {
                    let metrics = try await peer.get("/metrics", headers: Loopback.bearer(Self.operators))
                    if metrics.body.number(after: "\nfanout_access_pending ") == count { return }
                    try Task.checkCancellation()
                }
            }

            static let operators = "operators-operators-operators"
        }

        /// A relay that knows one key, while the fetch that brings the other is held.
        private static func run(
            over transport: Transport = .plaintext,
            spacing: Duration = .zero,
            timeout: Duration = .seconds(30),
            _ body: (Scene) async throws -> Void
        ) async throws {
            let (old, new) = (try RSAIssuer("old"), try RSAIssuer("new"))
            defer {
                old.remove()
                new.remove()
            }
            let sets = (old: try RSAIssuer.set(old), both: try RSAIssuer.set(old, new))
            try await HTTPSource.run({ _ in .answer(.json(sets.old)) }) { source, url in
                let tokens = try StaticTokens(parsing: Array("\(Scene.operators) scopes=admin".utf8))
                try await Stage.run([try Stage.manual("prices")], over: transport) {
                    $0.authorizer = Authorizer(
                        verifier: TokenVerifier(staticTokens: tokens, fetchedKeys: .awaited),
                        cookieName: "session"
                    )
                    $0.allowsExecution = true
                    var location = KeySetLocation(url: url)
                    location.schedule.spacing = spacing
                    location.timeout = timeout
                    $0.keySet = location
                } _: { stage in
                    try await stage.readiness(becomes: 200)
                    await source.answer { _ in .held }
                    try await body(Scene(stage: stage, source: source, new: new, sets: sets))
                }
            }
        }

        @Test(arguments: Transport.all)
        func `a topic's client waits, and gets events once it is let in`(transport: Transport) async throws {
            try await Self.run(over: transport) { scene in
                let peer = try scene.stage.connect()
                let token = try scene.token()
                #expect(try await peer.upgrade("/topics/prices", headers: Loopback.bearer(token)).status == 101)
                try await scene.pending(reaches: 1)
                await scene.publish()
                _ = try await peer.text("status")
                await scene.stage.upstream.emit(1)
                _ = try await peer.number()
                try await scene.pending(reaches: 0)
            }
        }

        @Test(arguments: [false, true])
        func `the acknowledgement is withheld until the decision`(legacy: Bool) async throws {
            try await Self.run { scene in
                let peer = try scene.stage.connect()
                let subprotocol = legacy ? "graphql-ws" : "graphql-transport-ws"
                #expect(try await peer.upgrade("/graphql", subprotocols: subprotocol).status == 101)
                peer.send(#"{"type":"connection_init","payload":{"token":"\#(try scene.token())"}}"#)
                try await scene.pending(reaches: 1)
                await scene.publish()
                #expect(try await peer.text() == #"{"type":"connection_ack"}"#)
            }
        }

        @Test func `a handshake's credential is decided over at connection_init`() async throws {
            try await Self.run { scene in
                let peer = try scene.stage.connect()
                let headers = Loopback.bearer(try scene.token())
                let answer = try await peer.upgrade("/graphql", subprotocols: "graphql-transport-ws", headers: headers)
                #expect(answer.status == 101)
                peer.send(#"{"type":"connection_init"}"#)
                try await scene.pending(reaches: 1)
                // An operation before the acknowledgement (P7).
                let early = try scene.stage.connect()
                _ = try await early.upgrade("/graphql", subprotocols: "graphql-transport-ws", headers: headers)
                early.send(#"{"type":"connection_init"}"#)
                early.send(#"{"id":"1","type":"subscribe","payload":{"query":"subscription { manual { n } }"}}"#)
                #expect(await early.closing() == .close(4401, "Unauthorized"))
                await scene.publish()
                #expect(try await peer.text() == #"{"type":"connection_ack"}"#)
            }
        }

        @Test func `whose key isn't in the new set either is refused so that it comes back`() async throws {
            try await Self.run { scene in
                let (plain, graphQL) = (try scene.stage.connect(), try scene.stage.connect())
                let token = try scene.token()
                _ = try await plain.upgrade("/topics/prices", headers: Loopback.bearer(token))
                _ = try await graphQL.upgrade("/graphql", subprotocols: "graphql-transport-ws")
                graphQL.send(#"{"type":"connection_init","payload":{"token":"\#(token)"}}"#)
                try await scene.pending(reaches: 2)
                await scene.publish(scene.sets.old)
                for peer in [plain, graphQL] {
                    #expect(await peer.closing() == .close(4403, "Forbidden: the token's key isn't known"))
                }
            }
        }

        @Test(arguments: Transport.all)
        func `plain requests are answered later`(transport: Transport) async throws {
            try await Self.run(over: transport) { scene in
                let paths = ["/topics", "/metrics", "/graphql?query=%7BserverTime%7D"]
                let token = try scene.token()
                for (set, status) in [(scene.sets.old, 401), (scene.sets.both, 200)] {
                    let peers = try paths.map { _ in try scene.stage.connect() }
                    for (peer, path) in zip(peers, paths) {
                        let head = "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(Loopback.bearer(token))\r\n"
                        peer.send(raw: Array(head.utf8))
                    }
                    try await scene.pending(reaches: 3)
                    await scene.publish(set)
                    for (peer, path) in zip(peers, paths) {
                        let head = try await peer.head()
                        #expect(head.hasPrefix("HTTP/1.1 \(status) "), "\(path): \(head)")
                        #expect(head.components(of: "Vary: Origin") == 1)
                    }
                }
            }
        }

        @Test(arguments: Transport.all)
        func `a stream of events begins later, and lives`(transport: Transport) async throws {
            try await Self.run(over: transport) { scene in
                var peer: Peer? = try scene.stage.connect()
                let headers = "Accept: text/event-stream\r\n" + Loopback.bearer(try scene.token())
                peer?.send(raw: Array("GET /topics/prices HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n".utf8))
                try await scene.pending(reaches: 1)
                await scene.publish()
                #expect(try await peer?.head().hasPrefix("HTTP/1.1 200 ") == true)
                try await peer?.greeting()
                await scene.stage.upstream.emit(2)
                for number in 1...2 {
                    #expect(try await peer?.event().data?.contains(#""n":\#(number)"#) == true)
                }
                // Its leaving is noticed, too.
                peer = nil
                try await scene.stage.metric(reaches: 0, "fanout_event_streams", token: Scene.operators)
            }
        }

        @Test func `who leaves while it waits is forgotten`() async throws {
            try await Self.run { scene in
                let token = try scene.token()
                var peers = try (0..<3).map { _ in try scene.stage.connect() }
                _ = try await peers[0].upgrade("/topics/prices", headers: Loopback.bearer(token))
                _ = try await peers[1].upgrade("/graphql", subprotocols: "graphql-transport-ws")
                peers[1].send(#"{"type":"connection_init","payload":{"token":"\#(token)"}}"#)
                let headers = "Host: localhost\r\n" + Loopback.bearer(token)
                peers[2].send(raw: Array("GET /topics HTTP/1.1\r\n\(headers)\r\n".utf8))
                try await scene.pending(reaches: 3)
                for peer in peers { peer.reset() }
                peers = []
                try await scene.pending(reaches: 0)
                await scene.publish()
                try await scene.stage.metric(reaches: 0, "fanout_clients", token: Scene.operators)
            }
        }

        @Test func `over the limit of decisions a client is told to come back`() async throws {
            try await Self.run { scene in
                // Places that nobody uses.
                let question = AccessQuestion(UpgradeRequest(path: "/"), topics: [], cookieName: nil)
                let authorizer = scene.stage.relay.authorizer
                let places = (0..<Authorizer.maximumPending).map { _ in authorizer.begin(question) }
                #expect(!places.contains { $0 == nil })
                defer { withExtendedLifetime(places) {} }
                let token = try scene.token()
                let answer = try await scene.stage.connect().get("/topics", headers: Loopback.bearer(token))
                #expect(answer.status == 503 && answer.head.contains("Retry-After: 5"))
                let peer = try scene.stage.connect()
                _ = try await peer.upgrade("/topics/prices", headers: Loopback.bearer(token))
                guard case .close(1013, let reason)? = await peer.closing() else { throw Unexpected() }
                #expect(reason.hasPrefix("Try again later: "))
            }
        }

        @Test func `a slow source is given up, and the former keys stay`() async throws {
            try await Self.run(spacing: .zero, timeout: .milliseconds(200)) { scene in
                let answer = try await scene.stage.connect()
                    .get("/topics", headers: Loopback.bearer(try scene.token()))
                #expect(answer.status == 401)
                let metrics = try await scene.stage.connect().get("/metrics", headers: Loopback.bearer(Scene.operators))
                #expect(metrics.body.contains(#"fanout_jwks_fetches_total{result="timeout"} 1"#))
                #expect(metrics.body.contains(#"fanout_jwks_keys{state="used"} 1"#))
                await scene.source.answer { [sets = scene.sets] _ in .answer(.json(sets.both)) }
                let later = try await scene.stage.connect().get("/topics", headers: Loopback.bearer(try scene.token()))
                #expect(later.status == 200)
            }
        }

        @Test func `a flood of unknown keys is one fetch`() async throws {
            try await Self.run(spacing: .seconds(3600)) { scene in
                // The first fetch was made a moment ago.
                for _ in 0..<30 {
                    let answer = try await scene.stage.connect()
                        .get("/topics", headers: Loopback.bearer(try scene.token()))
                    #expect(answer.status == 401)
                }
                #expect(await scene.source.requests.count == 1)
            }
        }

        private struct Unexpected: Error {}
    }

    /// The field of a token.
    static func bearer(_ token: String) -> String { "Authorization: Bearer \(token)\r\n" }
}

extension Stage {
    /// Looks at a sample with an operator's token until it has a value.
    func metric(reaches value: UInt64, _ sample: String, token: String) async throws {
        let peer = try connect()
        while true {
            let metrics = try await peer.get("/metrics", headers: Loopback.bearer(token))
            if metrics.body.number(after: "\n\(sample) ") == value { return }
            try Task.checkCancellation()
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
