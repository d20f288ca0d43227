import AccessTokens
import Fanout
import Testing
import WebSockets

@testable import FanoutRelay

extension Loopback {
    /// Clients over which the operator's own program decides.
    @Suite(.timeLimit(.minutes(1)))
    struct HookAccessTests {
        private static let operators = "operators-operators-operators"

        private static func run(
            over transport: Transport = .plaintext,
            shards: Int = 1,
            _ reply: @escaping @Sendable (String) -> HTTPSource.Reply,
            adjust: (inout HookLocation) -> Void = { _ in },
            _ body: (Stage, HTTPSource) async throws -> Void
        ) async throws {
            try await HTTPSource.run(reply) { source, url in
                var location = HookLocation(url: url)
                location.line.timeout = .seconds(30)
                adjust(&location)
                let tokens = try StaticTokens(parsing: Array("\(operators) scopes=admin".utf8))
                let topics = [try Stage.manual("prices"), try Stage.manual("news", bytes: 1)]
                try await Stage.run(topics, over: transport, shards: shards) {
                    $0.authorizer = Authorizer(
                        verifier: TokenVerifier(staticTokens: tokens),
                        cookieName: "session",
                        asksHook: true
                    )
                    $0.hook = location
                } _: { stage in
                    try await body(stage, source)
                }
            }
        }

        private static func allowing(_ members: String = "") -> @Sendable (String) -> HTTPSource.Reply {
            { _ in .answer(.json(#"{"allow":true\#(members)}"#)) }
        }

        private static func initialised(_ stage: Stage, _ payload: String?, headers: String = "") async throws -> Peer {
            let peer = try stage.connect()
            _ = try await peer.upgrade("/graphql", subprotocols: "graphql-transport-ws", headers: headers)
            peer.send(#"{"type":"connection_init"\#(payload.map { #","payload":\#($0)"# } ?? "")}"#)
            return peer
        }

        @Test(arguments: Transport.all)
        func `it is told what is known, at each door`(transport: Transport) async throws {
            try await Self.run(over: transport, Self.allowing()) { stage, source in
                let origin = "Origin: \(transport == .tls ? "https" : "http")://localhost\r\n"
                _ = try await Self.initialised(stage, #"{"token":"opaque","tenant":7}"#, headers: origin)
                    .text("connection_ack")
                _ = try await Self.initialised(stage, nil).text("connection_ack")
                let bearer = Loopback.bearer("opaque")
                let plain = try stage.connect()
                #expect(try await plain.upgrade("/topics/news", headers: bearer).status == 101)
                _ = try await plain.text("status")
                #expect(try await stage.connect().get("/topics", headers: "Cookie: session=other\r\n").status == 200)
                #expect(try await stage.connect().get("/topics").status == 200)
                await source.requests(reach: 5)
                let asked = await source.requests
                let end = #""peer":"127.0.0.1","topics""#
                let name = transport == .tls ? "https" : "http"
                #expect(
                    asked == [
                        #"{"credential":"opaque","kind":"connection_init","path":"/graphql","#
                            + #""origin":"\#(name)://localhost",\#(end):[],"payload":{"token":"opaque","tenant":7}}"#,
                        #"{"credential":null,"kind":"connection_init","path":"/graphql","origin":null,"#
                            + #"\#(end):[],"payload":null}"#,
                        #"{"credential":"opaque","kind":"bearer","path":"/topics/news","origin":null,"#
                            + #"\#(end):["news"],"payload":null}"#,
                        #"{"credential":"other","kind":"cookie","path":"/topics","origin":null,\#(end):[],"payload":null}"#,
                        #"{"credential":null,"kind":null,"path":"/topics","origin":null,\#(end):[],"payload":null}"#,
                    ]
                )
                // What is known here it isn't asked for.
                #expect(
                    try await stage.connect().get("/metrics", headers: Loopback.bearer(Self.operators)).status == 200
                )
                #expect(await source.requests.count == 5)
            }
        }

        @Test func `its answer decides over topics, scopes and the end`() async throws {
            let members = #","topics":["pri*"],"scopes":["subscribe"],"expires":2"#
            try await Self.run(Self.allowing(members)) { stage, _ in
                let bearer = Loopback.bearer("opaque")
                let (prices, news) = (try stage.connect(), try stage.connect())
                #expect(try await prices.upgrade("/topics/prices", headers: bearer).status == 101)
                #expect(try await news.upgrade("/topics/news", headers: bearer).status == 101)
                #expect(await news.closing() == .close(4403, "Forbidden: the token isn't for this topic"))
                #expect(try await stage.connect().get("/metrics", headers: bearer).status == 403)
                #expect(await prices.closing() == .close(4403, "Forbidden: token expired"))
            }
        }

        @Test(
            arguments: [
                (.json(#"{"allow":false}"#), 403, 4403), (HTTPResponse.text("no", status: 401), 401, 4401),
                (HTTPResponse.text("no", status: 403), 403, 4403), (HTTPResponse.text("no", status: 500), 503, 1013),
                (HTTPResponse.text("no", status: 302), 503, 1013), (.json("{}"), 503, 1013), (.json("no"), 503, 1013),
                (.json(#"{"allow":true,"allow":true}"#), 503, 1013), (HTTPResponse(status: 204), 503, 1013),
                (.json(#"{"allow":true}"# + String(repeating: " ", count: 64 << 10)), 503, 1013),
            ] as [(HTTPResponse, Int, UInt16)]
        )
        func `whoever isn't let in is told apart from whom nothing is known of`(
            answer: HTTPResponse,
            status: Int,
            code: UInt16
        ) async throws {
            try await Self.run({ _ in .answer(answer) }) { stage, _ in
                let bearer = Loopback.bearer("opaque")
                let refused = try await stage.connect().get("/topics", headers: bearer)
                #expect(refused.status == status)
                #expect(refused.head.contains(status == 503 ? "Retry-After: 5" : "WWW-Authenticate: Bearer"))
                let (plain, graphQL) = (
                    try stage.connect(), try await Self.initialised(stage, #"{"token":"opaque"}"#)
                )
                // A refusal is known already, so that the handshake itself is refused.
                let handshake = try await plain.upgrade("/topics/prices", headers: Loopback.bearer("another"))
                #expect(handshake.status == 101)
                for peer in [plain, graphQL] {
                    guard case .close(code, _)? = await peer.closing() else {
                        Issue.record("no \(code)")
                        return
                    }
                }
                // Nobody who showed nothing is told that it was no good.
                let bare = try await stage.connect().get("/topics")
                #expect(bare.status == (status == 503 ? 503 : 401))
            }
        }

        @Test func `equal questions on all shards share one call, and the answer is kept`() async throws {
            try await Self.run(shards: 2, { _ in .held }) { stage, source in
                let peers = try (0..<8).map { _ in try stage.connect() }
                for peer in peers {
                    #expect(try await peer.upgrade("/topics/prices", headers: Loopback.bearer("same")).status == 101)
                }
                try await stage.metric(reaches: 8, "fanout_access_pending", token: Self.operators)
                await source.release(.json(#"{"allow":true}"#))
                for peer in peers { _ = try await peer.text("status") }
                let later = try stage.connect()
                #expect(try await later.upgrade("/topics/prices", headers: Loopback.bearer("same")).status == 101)
                _ = try await later.text("status")
                #expect(await source.requests.count == 1)
                try await stage.metric(reaches: 1, "fanout_auth_hook_cached_total", token: Self.operators)
            }
        }

        @Test func `over its limits a question isn't put, and who waits too long isn't let in`() async throws {
            try await Self.run { _ in
                .held
            } adjust: {
                $0.line.concurrency = 1
                $0.line.waiting = 1
                $0.line.timeout = .milliseconds(500)
            } _: { stage, source in
                let peers = try (0..<3).map { _ in try stage.connect() }
                for (number, peer) in peers.enumerated() {
                    let token = Loopback.bearer("opaque-\(number)")
                    #expect(try await peer.upgrade("/topics/prices", headers: token).status == 101)
                }
                for peer in peers {
                    guard case .close(1013, let reason)? = await peer.closing() else {
                        Issue.record("no 1013")
                        return
                    }
                    #expect(reason.hasPrefix("Try again later: "))
                }
                let metrics = try await stage.connect().get("/metrics", headers: Loopback.bearer(Self.operators)).body
                let results = ["timeout", "busy"].map { result in
                    metrics.number(after: "fanout_auth_hook_calls_total{result=\"\(result)\"} ") ?? 0
                }
                #expect(results.reduce(0, +) == 3 && results[0] >= 1, "\(results)")
            }
        }

        @Test func `who leaves is forgotten, and the call's answer is kept for who comes back`() async throws {
            try await Self.run({ _ in .held }) { stage, source in
                var peer: Peer? = try stage.connect()
                _ = try await peer?.upgrade("/topics/prices", headers: Loopback.bearer("opaque"))
                // Who leaves before the question is on its way isn't asked about.
                await source.requests(reach: 1)
                try await stage.metric(reaches: 1, "fanout_access_pending", token: Self.operators)
                peer?.reset()
                peer = nil
                try await stage.metric(reaches: 0, "fanout_access_pending", token: Self.operators)
                await source.release(.json(#"{"allow":true}"#))
                try await stage.metric(
                    reaches: 1,
                    #"fanout_auth_hook_calls_total{result="allowed"}"#,
                    token: Self.operators
                )
                let back = try stage.connect()
                _ = try await back.upgrade("/topics/prices", headers: Loopback.bearer("opaque"))
                _ = try await back.text("status")
                #expect(await source.requests.count == 1)
            }
        }

        @Test func `a payload that is too large for it is refused without a question`() async throws {
            try await Self.run(Self.allowing()) { stage, source in
                let filling = String(repeating: "x", count: HookQuestion.maximumPayloadSize - 1000)
                let large = try await Self.initialised(stage, #"{"a":"\#(filling)"}"#)
                _ = try await large.text("connection_ack")
                #expect(await source.requests.count == 1)
            }
        }

        @Test func `a hook that isn't there lets nobody in but whom we know ourselves`() async throws {
            try await Self.run(Self.allowing()) {
                $0.url = "http://127.0.0.1:1/"
            } _: { stage, _ in
                #expect(try await stage.connect().get("/topics").status == 503)
                #expect(try await stage.connect().get("/topics", headers: Loopback.bearer("x")).status == 503)
                let metrics = try await stage.connect().get("/metrics", headers: Loopback.bearer(Self.operators)).body
                #expect(metrics.contains(#"fanout_auth_hook_calls_total{result="unreachable"} 2"#))
                #expect(stage.log.lines.count { $0.contains("the hook gives no answer") } == 1)
            }
        }
    }
}
