import DemoUpstream
import FanoutRelay
import Testing

extension Loopback {
    /// Downstream `graphql-ws` of subscriptions-transport-ws, on the socket.
    @Suite(.timeLimit(.minutes(1)))
    struct LegacyProtocolTests {
        private static func connect(_ stage: Stage) async throws -> Peer {
            let peer = try Peer(port: stage.port)
            let answer = try await peer.upgrade("/graphql", subprotocols: "graphql-ws")
            #expect(answer.head.lowercased().contains("\r\nsec-websocket-protocol: graphql-ws\r\n"))
            peer.send(#"{"type":"connection_init","payload":{}}"#)
            #expect(await peer.next() == .text(#"{"type":"connection_ack"}"#))
            // The first keep-alive directly after the acknowledgement (L2).
            #expect(await peer.next() == .text(#"{"type":"ka"}"#))
            return peer
        }

        @Test func `L1 L5 start, data, stop and complete, on the same topic as the newer protocol`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let legacy = try await Self.connect(stage)
                let newer = try await Peer.graphQL(stage)
                try await newer.subscribe("1", Stage.manualDocument())
                legacy.send(#"{"type":"start","id":"a","payload":{"query":"subscription { manual { n } }"}}"#)
                try await stage.metric("fanout_subscriptions", reaches: 2)
                await stage.upstream.emit(1)
                #expect(
                    await legacy.next()
                        == .text(#"{"id":"a","type":"data","payload":{"data":{"manual":{"n":1}}}}"#)
                )
                #expect(try await newer.text() == #"{"id":"1","type":"next","payload":{"data":{"manual":{"n":1}}}}"#)
                legacy.send(#"{"type":"stop","id":"a"}"#)
                #expect(await legacy.next() == .text(#"{"id":"a","type":"complete"}"#))
                try await stage.metric("fanout_subscriptions", reaches: 1)
                #expect(await stage.upstream.statistics.operations.total == 1)
            }
        }

        @Test func `L3 L4 what can't be served or read is an error, and the socket stays`() async throws {
            try await Stage.run([Stage.manual()]) { stage in
                let peer = try await Self.connect(stage)
                peer.send(#"{"type":"start","id":"a","payload":{"query":"subscription { other }"}}"#)
                #expect(try await peer.text().hasPrefix(#"{"id":"a","type":"error","payload":{"message":""#))
                peer.send("no JSON")
                #expect(try await peer.text().hasPrefix(#"{"type":"connection_error""#))
                peer.send(#"{"type":"start","id":"a","payload":{"query":"subscription { manual { n } }"}}"#)
                try await stage.metric("fanout_subscriptions", reaches: 1)
                await stage.upstream.emit(1)
                #expect(try await peer.text().hasPrefix(#"{"id":"a","type":"data""#))
            }
        }

        @Test func `L6 a second start with an id replaces the first`() async throws {
            try await Stage.run([Stage.manual("one"), Stage.manual("two", bytes: 3)]) { stage in
                let peer = try await Self.connect(stage)
                for topic in ["one", "two"] {
                    peer.send(#"{"type":"start","id":"a","payload":{"query":"","operationName":"\#(topic)"}}"#)
                }
                try await stage.metric("fanout_clients", reaches: 1)
                peer.send(#"{"type":"start","id":"b","payload":{"query":"","operationName":"one"}}"#)
                try await stage.metric("fanout_subscriptions", reaches: 2)
                await stage.upstream.emit(1)
                let texts = [try await peer.text(), try await peer.text()]
                #expect(texts.contains { $0.hasPrefix(#"{"id":"a""#) && $0.contains("xxx") })
                #expect(texts.contains { $0.hasPrefix(#"{"id":"b""#) && !$0.contains("xxx") })
            }
        }
    }
}
