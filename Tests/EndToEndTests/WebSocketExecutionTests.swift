import DemoUpstream
import FanoutRelay
import Testing

extension Loopback {
    /// Queries and mutations over WebSockets.
    @Suite(.timeLimit(.minutes(1)))
    struct WebSocketExecutionTests {
        private static let query = #"{ continent(code: \"EU\") { name } }"#
        private static let payload = #"{"data":{"continent":{"name":"Europe"}}}"#

        private static func subscribe(_ id: String, _ query: String, type: String = "subscribe") -> String {
            #"{"id":"\#(id)","type":"\#(type)","payload":{"query":"\#(query)"}}"#
        }

        @Test func `P15 a query has one result and complete, beside subscriptions of the same client`() async throws {
            try await Stage.run([Stage.manual()], adjust: { $0.allowsExecution = true }) { stage in
                try await stage.readiness(becomes: 200)
                let peer = try await Peer.graphQL(stage)
                try await peer.subscribe("s", Stage.manualDocument())
                for id in ["1", "2", "1"] {
                    peer.send(Self.subscribe(id, Self.query))
                    #expect(try await peer.text() == #"{"id":"\#(id)","type":"next","payload":\#(Self.payload)}"#)
                    #expect(try await peer.text() == #"{"id":"\#(id)","type":"complete"}"#)
                }
                await stage.upstream.emit(1)
                #expect(try await peer.number() == 1)
            }
        }

        @Test func `L4 a query over the legacy protocol, too`() async throws {
            try await Stage.run([Stage.manual()], adjust: { $0.allowsExecution = true }) { stage in
                try await stage.readiness(becomes: 200)
                let peer = try Peer(port: stage.port)
                #expect(try await peer.upgrade("/graphql", subprotocols: "graphql-ws").status == 101)
                peer.send(#"{"type":"connection_init"}"#)
                #expect(try await peer.text().contains("connection_ack"))
                #expect(try await peer.text().contains(#""ka""#))
                peer.send(Self.subscribe("1", Self.query, type: "start"))
                #expect(try await peer.text() == #"{"id":"1","type":"data","payload":\#(Self.payload)}"#)
                #expect(try await peer.text() == #"{"id":"1","type":"complete"}"#)
            }
        }

        @Test func `P16 what the server refuses is an error, and the connection goes on`() async throws {
            try await Stage.run([Stage.manual()], adjust: { $0.allowsExecution = true }) { stage in
                try await stage.readiness(becomes: 200)
                let peer = try await Peer.graphQL(stage)
                peer.send(Self.subscribe("1", "{ nothingLikeThat }"))
                let refusal = try await peer.text("error")
                #expect(refusal.hasPrefix(#"{"id":"1","type":"error","payload":[{"message":""#))
                #expect(refusal.contains("nothingLikeThat"))
                peer.send(Self.subscribe("1", "mutation { buy }"))
                #expect(try await peer.text("error").contains("mutations"))
                peer.send(Self.subscribe("1", Self.query))
                #expect(try await peer.text("next").contains(Self.payload))
            }
        }

        @Test func `while the server is away a query is answered with an error at once`() async throws {
            try await Stage.run([Stage.manual()], fault: .neverAcknowledge, adjust: { $0.allowsExecution = true }) {
                let peer = try await Peer.graphQL($0)
                peer.send(Self.subscribe("1", Self.query))
                #expect(try await peer.text("error").contains("the upstream is not connected"))
            }
        }

        @Test func `without leave of the operator nothing is executed`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Peer.graphQL(stage)
                peer.send(Self.subscribe("1", Self.query))
                #expect(try await peer.text("error").contains("this relay serves subscriptions only, not a query"))
                #expect(await stage.upstream.statistics.operations.total == 1)
            }
        }
    }
}
