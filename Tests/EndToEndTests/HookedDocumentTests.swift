import AccessTokens
import AllowedDocuments
import Testing
import WebSockets

@testable import FanoutRelay

extension Loopback {
    /// Documents whose variables the operator's own program says.
    @Suite(.timeLimit(.minutes(1)))
    struct HookedDocumentTests {
        private static let query = OrdersUpstream.orders.replacing("\n", with: "\\n")

        /// The bearer's name is the token.
        private static func answer(to question: String) -> HTTPSource.Reply {
            let user = ["u1", "u2"].first { question.contains(#""credential":"\#($0)""#) }
            return .answer(.json(user.map { #"{"allow":true,"subject":"\#($0)"}"# } ?? #"{"allow":true}"#))
        }

        private static func run(
            _ answer: @escaping @Sendable (String) -> HTTPSource.Reply = { Self.answer(to: $0) },
            _ body: (Stage, OrdersUpstream) async throws -> Void
        ) async throws {
            try await HTTPSource.run(answer) { _, url in
                try await Stage.orders {
                    $0.authorizer = Authorizer(asksHook: true)
                    $0.hook = HookLocation(url: url)
                } _: { stage, upstream in
                    try await body(stage, upstream)
                }
            }
        }

        @Test func `clients that were decided over later get their own events, and end with the operation`()
            async throws
        {
            try await Self.run { stage, upstream in
                let plain = try stage.connect()
                #expect(try await plain.upgrade("/topics/orders", headers: Loopback.bearer("u1")).status == 101)
                let stream = try await Peer.stream(stage, "/topics/orders", headers: Loopback.bearer("u1"))
                let other = try await Peer.stream(stage, "/topics/orders", headers: Loopback.bearer("u2"))
                let graphQL = try stage.connect()
                _ = try await graphQL.upgrade("/graphql", subprotocols: "graphql-transport-ws")
                graphQL.send(#"{"type":"connection_init","payload":{"token":"u2"}}"#)
                _ = try await graphQL.text("connection_ack")
                graphQL.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(Self.query)"}}"#)
                await upstream.runs(2)
                try await graphQL.settle()
                await upstream.emit()
                #expect(try await plain.order() == ("u1", 1))
                #expect(Peer.order(in: try await stream.event().data ?? "")?.user == "u1")
                #expect(Peer.order(in: try await other.event().data ?? "")?.user == "u2")
                #expect(Peer.order(in: try await graphQL.text("next"))?.user == "u2")
                await upstream.complete("u1")
                #expect(await plain.closing() == .close(1000, "The operation has ended"))
                _ = await stream.textToEnd()
            }
        }

        private static func subscribed(_ stage: Stage, _ token: String) async throws -> Peer {
            let peer = try stage.connect()
            _ = try await peer.upgrade("/graphql", subprotocols: "graphql-transport-ws")
            peer.send(#"{"type":"connection_init","payload":{"token":"\#(token)"}}"#)
            _ = try await peer.text("connection_ack")
            peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(query)"}}"#)
            return peer
        }

        @Test func `a new token prolongs a document's client if it gives the same variables`() async throws {
            let answers = [
                "short": #"{"allow":true,"subject":"u1","expires":1}"#, "same": #"{"allow":true,"subject":"u1"}"#,
                "other": #"{"allow":true,"subject":"u1","variables":{"sub":"u2"}}"#,
                "later": #"{"allow":true,"subject":"u3","expires":3}"#,
            ]
            try await Self.run { question in
                let name = answers.keys.first { question.contains(#""credential":"\#($0)""#) } ?? ""
                return .answer(.json(answers[name] ?? #"{"allow":false}"#))
            } _: { stage, upstream in
                let (kept, lost) = (
                    try await Self.subscribed(stage, "short"), try await Self.subscribed(stage, "short")
                )
                // It ends when the time of the first tokens is over for certain.
                let clock = try await Self.subscribed(stage, "later")
                for (peer, token) in [(kept, "same"), (lost, "other")] {
                    peer.send(#"{"type":"ping","payload":{"token":"\#(token)"}}"#)
                    _ = try await peer.text("pong")
                }
                #expect(await lost.closing() == .close(4403, "Forbidden: token expired"))
                #expect(await clock.closing() == .close(4403, "Forbidden: token expired"))
                await upstream.emit()
                #expect(Peer.order(in: try await kept.text("next"))?.user == "u1")
            }
        }

        @Test func `who has no such claim is refused at its path`() async throws {
            try await Self.run { stage, _ in
                let plain = try stage.connect()
                #expect(try await plain.upgrade("/topics/orders", headers: Loopback.bearer("nobody")).status == 101)
                guard case .close(4403, let reason) = await plain.closing() else {
                    Issue.record("not closed with 4403")
                    return
                }
                #expect(reason.hasPrefix("Forbidden: "))
                let stream = try await stage.connect().get(
                    "/topics/orders",
                    headers: Loopback.bearer("nobody") + "Accept: text/event-stream\r\n"
                )
                #expect(stream.status == 403)
            }
        }
    }
}
