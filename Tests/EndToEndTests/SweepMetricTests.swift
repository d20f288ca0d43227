import Fanout
import GraphQLTransport
import Synchronization
import Testing
import WebSockets

@testable import FanoutRelay

extension Loopback {
    /// What a sweep tells the histograms.
    @Suite(.timeLimit(.minutes(1)))
    struct SweepMetricTests {
        private static func events(
            _ topic: TopicID,
            _ numbers: ClosedRange<UInt64>,
            arrival: Duration? = nil
        ) -> TopicUpdate {
            var batch = PayloadBatch()
            for number in numbers {
                let payload = Array(#"{"data":{"n":\#(number)}}"#.utf8)
                batch.append(payload.span)
            }
            let segment = Segment(.events(first: numbers.lowerBound, batch), at: EventLoop.now, arrival: arrival)
            return .segment(topic: topic, segment)
        }

        private static func topics() throws -> [TopicDefinition] {
            try ["a", "b"].map { try TopicDefinition(name: $0, document: "subscription { \($0) }") }
        }

        /// Waits until the shard has told of so many sweeps, which it does after the clients have their events.
        private static func swept(_ count: Int, by shard: ShardStatistics) async throws {
            while shard.sweepTime.reading.counts.reduce(0, +) < count {
                try Task.checkCancellation()
                await Task.yield()
            }
        }

        @Test func `a batch counts once for all clients, and its latency once for each event`() async throws {
            try await ShardStage.run(Self.topics()) { stage in
                let shard = stage.statistics.shards[0]
                var peers: [Peer] = []
                for _ in 0..<5 { peers.append(try await stage.plain("a")) }
                // The second segment came later than the first, which had waited for a minute to be read.
                let (now, updates) = (EventLoop.now, Self.events(0, 3...7))
                stage.publish(Self.events(0, 1...2, arrival: now - .seconds(60)), updates)
                for peer in peers { #expect(try await peer.numbers(7) == Array(1...7)) }
                try await Self.swept(1, by: shard)
                #expect(shard.batchSize.reading.counts.reduce(0, +) == 1)
                #expect(shard.batchSize.reading.sum == 7)
                let latency = shard.deliveryLatency.reading
                #expect(latency.counts.last == 7)
                #expect(latency.counts.reduce(0, +) == 7)
                #expect((7 * 60_000_000_000...7 * 120_000_000_000).contains(latency.sum))
            }
        }

        @Test func `each topic of a sweep counts if somebody listens, and states count nowhere`() async throws {
            try await ShardStage.run(Self.topics()) { stage in
                let shard = stage.statistics.shards[0]
                let peer = try await stage.plain("a")
                stage.publish(Self.events(0, 1...3), Self.events(1, 1...9))
                #expect(try await peer.numbers(3) == [1, 2, 3])
                try await Self.swept(1, by: shard)
                stage.publish(.segment(topic: 0, Segment(.status(.interrupted), at: EventLoop.now)))
                try await Self.swept(2, by: shard)
                #expect(shard.batchSize.reading.sum == 3)
                #expect(shard.deliveryLatency.reading.counts.reduce(0, +) == 3)
            }
        }
    }
}
