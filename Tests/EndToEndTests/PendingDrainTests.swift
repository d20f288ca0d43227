import AccessTokens
import Fanout
import Testing
import WebSockets

@testable import FanoutRelay

extension Loopback {
    /// A drain that meets clients over which isn't decided yet.
    @Suite(.timeLimit(.minutes(1)))
    struct PendingDrainTests {
        private static let operators = "operators-operators-operators"
        private static let waiting = ["/topics", "/graphql?query=%7BserverTime%7D", "/topics/prices"]

        private struct Clients {
            let webSockets: [Peer]
            let requests: [Peer]

            /// Everybody waits for the hook.
            init(at stage: Stage) async throws {
                let bearer = Loopback.bearer("opaque")
                let plain = try stage.connect()
                #expect(try await plain.upgrade("/topics/prices", headers: bearer).status == 101)
                let graphQL = try stage.connect()
                _ = try await graphQL.upgrade("/graphql", subprotocols: "graphql-transport-ws")
                graphQL.send(#"{"type":"connection_init","payload":{"token":"opaque"}}"#)
                webSockets = [plain, graphQL]
                requests = try PendingDrainTests.waiting.map { path in
                    let peer = try stage.connect()
                    let accept = path == "/topics/prices" ? "Accept: text/event-stream\r\n" : ""
                    peer.send(raw: Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(accept)\(bearer)\r\n".utf8))
                    return peer
                }
                try await stage.metric(reaches: 5, "fanout_access_pending", token: PendingDrainTests.operators)
            }
        }

        private static func run(
            over transport: Transport,
            _ body: (Stage, HTTPSource) async throws -> Void
        ) async throws {
            try await HTTPSource.run({ _ in .held }) { source, url in
                var location = HookLocation(url: url)
                location.line.timeout = .seconds(30)
                let tokens = try StaticTokens(parsing: Array("\(operators) scopes=admin".utf8))
                try await Stage.run([try Stage.manual("prices")], over: transport) {
                    $0.authorizer = Authorizer(verifier: TokenVerifier(staticTokens: tokens), asksHook: true)
                    $0.allowsExecution = true
                    $0.hook = location
                } _: { stage in
                    try await stage.readiness(becomes: 200)
                    try await body(stage, source)
                }
            }
        }

        @Test(arguments: Transport.all)
        func `nobody's decision holds a drain up, and all are told`(transport: Transport) async throws {
            try await Self.run(over: transport) { stage, _ in
                let clients = try await Clients(at: stage)
                let start = ContinuousClock.now
                await stage.relay.drain(over: .milliseconds(500))
                #expect(start.duration(to: .now) < .seconds(5))
                for peer in clients.webSockets { #expect(await peer.isSentAway()) }
                for peer in clients.requests { #expect(try await peer.head().hasPrefix("HTTP/1.1 503 ")) }
            }
        }

        @Test func `a decision within the window lets nobody in who would have to leave at once`() async throws {
            try await Self.run(over: .plaintext) { stage, source in
                let clients = try await Clients(at: stage)
                // A topic's WebSocket and its stream are one question.
                await source.requests(reach: 4)
                async let drained: Void = stage.relay.drain(over: .seconds(6))
                for peer in clients.webSockets { #expect(await peer.isSentAway()) }
                await source.release(.json(#"{"allow":true,"scopes":["subscribe","execute"]}"#))
                // What needs no upstream and no stream is answered as ever.
                for (peer, status) in zip(clients.requests, [200, 503, 503]) {
                    #expect(try await peer.head().hasPrefix("HTTP/1.1 \(status) "))
                }
                await drained
            }
        }
    }
}
