import DemoUpstream
import Fanout
import FanoutRelay
import Testing

extension Loopback {
    /// Clients that can't be told of a gap.
    @Suite(.timeLimit(.minutes(1)))
    struct GapActionTests {
        private static func topic(_ action: TopicDefinition.GapAction, bytes: Int = 0) throws -> TopicDefinition {
            var topic = try Stage.manual(bytes: bytes, snapshot: .last)
            topic.gapAction = action
            return topic
        }

        /// A standard client of either protocol, and one of bare payloads.
        private static func untold(_ stage: Stage) async throws -> [Peer] {
            let newer = try await Peer.graphQL(stage)
            try await newer.subscribe("1", Stage.manualDocument())
            let legacy = try Peer(port: stage.port)
            #expect(try await legacy.upgrade("/graphql", subprotocols: "graphql-ws").status == 101)
            legacy.send(#"{"type":"connection_init"}"#)
            #expect(try await legacy.text() == #"{"type":"connection_ack"}"#)
            #expect(try await legacy.text() == #"{"type":"ka"}"#)
            legacy.send(#"{"type":"start","id":"1","payload":{"query":"\#(Stage.manualDocument())"}}"#)
            try await legacy.settle()
            return [newer, legacy, try await .plain(stage, "/topics/m?format=payload")]
        }

        private static func tokens(_ stage: Stage) async throws -> Peer {
            let peer = try await Peer.opened(stage)
            peer.send(#"{"type":"connection_init","payload":{"relay":{"tokens":true}}}"#)
            #expect(try await peer.text().contains("connection_ack"))
            peer.send(#"{"id":"1","type":"subscribe","payload":{"query":"\#(Stage.manualDocument())"}}"#)
            #expect(try await peer.text().contains(#""token":"#))
            return peer
        }

        private static func interrupt(_ stage: Stage, _ operations: Int) async {
            await stage.upstream.dropLinks(code: 1001)
            _ = await stage.upstream.statistics { $0.operations.total == operations && $0.operations.now == 1 }
        }

        @Test func `at a gap who can't be told is closed with 1012 where the topic says so, the others stay`()
            async throws
        {
            try await Stage.run([Self.topic(.close)], shards: 2) { stage in
                let untold = try await Self.untold(stage)
                let told = [try await Peer.plain(stage), try await Self.tokens(stage)]
                await stage.upstream.emit(2)
                await Self.interrupt(stage, 2)
                await stage.upstream.emit(1)
                for peer in untold {
                    #expect(try await peer.numbers(2) == [1, 2])
                    #expect(await peer.next() == .close(1012, "Events may be missing: ask anew"))
                }
                for peer in told {
                    #expect(try await peer.numbers(2) == [1, 2])
                    while !(try await peer.text().contains("gap")) {}
                    #expect(try await peer.number() == 3)
                }
                // Who comes back stays, although its snapshot is from before the gap.
                await Self.interrupt(stage, 3)
                // Those who are told are on both shards: once they know, so do the shards.
                for peer in told { while !(try await peer.text().contains("gap")) {} }
                let late = try await Self.untold(stage)
                for peer in late { #expect(try await peer.number() == 3) }
                await stage.upstream.emit(1)
                for peer in late { #expect(try await peer.number() == 4) }
                #expect(try await stage.metric("fanout_untold_gaps_total") == 0)
                #expect(try await stage.metric(#"fanout_clients_closed_total{code="1012"}"#) == 3)
            }
        }

        @Test func `otherwise they go on, and are counted`() async throws {
            try await Stage.run([Self.topic(.continue)]) { stage in
                let untold = try await Self.untold(stage)
                let told = [try await Peer.plain(stage), try await Self.tokens(stage)]
                await stage.upstream.emit(1)
                for peer in untold + told { #expect(try await peer.number() == 1) }
                for round in 2...3 as ClosedRange<UInt64> {
                    await Self.interrupt(stage, Int(round))
                    await stage.upstream.emit(1)
                    for peer in untold { #expect(try await peer.number() == round) }
                    #expect(try await stage.metric("fanout_untold_gaps_total") == 3 * (round - 1))
                }
            }
        }

        @Test func `a slow client that lost events and can't be told is closed with 1012`() async throws {
            var topic = try Self.topic(.close, bytes: 16_384)
            topic.lagAction = .latest
            try await Stage.run([topic]) { configuration in
                configuration.lag.bytes = 256 << 10
            } _: { stage in
                let slow = try await Peer.plain(stage, "/topics/m?format=payload", receiveBuffer: 4096)
                let witness = try await Peer.plain(stage)
                slow.pause()
                for number in 1...200 as ClosedRange<UInt64> {
                    await stage.upstream.emit(1)
                    #expect(try await witness.number() == number)
                }
                slow.resume()
                var last: UInt64 = 0
                while case .text(let text)? = await slow.next() {
                    #expect(text.number(after: #""n":"#) == last + 1, "nothing comes from behind the gap")
                    last += 1
                }
                #expect(last < 200)
                try await stage.metric(#"fanout_clients_closed_total{code="1012"}"#, reaches: 1)
            }
        }
    }
}
