import DemoUpstream
import Fanout
import Testing

@testable import FanoutRelay

extension Loopback {
    @Suite(.timeLimit(.minutes(1)))
    struct MemoryPressureTests {
        /// A stage whose memory is what the test says.
        private static func run(_ body: (Stage, MemoryWatch) async throws -> Void) async throws {
            try await Stage.run([Stage.manual(bytes: 16_384)]) {
                $0.maximumMemory = 1_000
                $0.demand.allowsAnySubscription = true
                // Nobody is too slow but for the memory.
                $0.lag.bytes = 64 << 20
                $0.lag.historyBytes = 64 << 20
            } _: { stage in
                let relay = stage.relay
                relay.memoryWatch.cancel()
                await relay.memoryWatch.value
                let watch = MemoryWatch(
                    relay.statistics.memory,
                    of: relay.shards,
                    relay.upstream,
                    logger: stage.log.logger
                )
                await watch.look(at: 0)
                try await body(stage, watch)
            }
        }

        @Test func `while memory is short newcomers are refused, and who is there stays`() async throws {
            try await Self.run { stage, watch in
                let client = try await Peer.graphQL(stage)
                let metrics = try stage.connect()
                #expect(try await metrics.get("/metrics").status == 200)
                await watch.look(at: 900)
                for _ in 0..<2 {
                    let answer = try await stage.connect().get("/topics")
                    #expect(answer.status == 503 && answer.body.contains("short of memory"))
                    #expect(answer.head.lowercased().contains("\r\nretry-after: 5\r\n"))
                }
                try await client.subscribe("own", "subscription { tick { n } }")
                #expect(try await client.text("error").contains("short of memory"))
                try await client.subscribe("1", Stage.manualDocument(bytes: 16_384))
                try await client.settle()
                await stage.upstream.emit(1)
                #expect(try await client.number() == 1)
                let text = try await metrics.get("/metrics").body
                #expect(text.number(after: "fanout_connections_refused_total{reason=\"memory\"} ") == 2)
                #expect(text.number(after: "\nfanout_memory_pressure ") == 1)
                #expect(text.number(after: "\nfanout_memory_refused_topics_total ") == 1)
                await watch.look(at: 100)
                #expect(try await stage.connect().get("/topics").status == 200)
            }
        }

        @Test func `who lags the most is closed, and the others get every event`() async throws {
            try await Self.run { stage, watch in
                let reader = try await Peer.plain(stage)
                let slow = try await Peer.plain(stage, receiveBuffer: 4096)
                slow.pause()
                for round in 0..<100 as Range<UInt64> {
                    await stage.upstream.emit(4)
                    #expect(try await reader.numbers(4) == (1...4).map { round * 4 + $0 })
                }
                await watch.look(at: 950)
                await stage.upstream.emit(1)
                #expect(try await reader.numbers(1) == [401])
                slow.resume()
                while let frame = await slow.next() { if case .close = frame { break } }
                let text = try await Peer(port: stage.port).get("/metrics")
                // It is short of memory still.
                #expect(text.status == 503)
                await watch.look(at: 0)
                let after = try await stage.connect().get("/metrics").body
                #expect(after.number(after: "\nfanout_memory_shed_clients_total ") == 1)
                #expect(after.number(after: "fanout_clients_closed_total{code=\"1013\"} ") == 1)
                // Half of the history is gone, and who asks for it is given what is left.
                let late = try await Peer.plain(stage, "/topics/m?last=400")
                let first = try #require(try await late.numbers(1).first)
                #expect((150...260).contains(first))
            }
        }
    }
}
