import Fanout
import GraphQLTransport
import Synchronization
import Testing

@testable import FanoutRelay
@testable import GraphQLSession

extension Loopback {
    @Suite(.timeLimit(.minutes(1)))
    struct ShardTests {
        private static func event(_ topic: TopicID, _ number: UInt64) -> TopicUpdate {
            var batch = PayloadBatch()
            let payload = Array(#"{"data":{"n":\#(number)}}"#.utf8)
            batch.append(payload.span)
            return .segment(topic: topic, Segment(.events(first: number, batch), at: .zero))
        }

        private static func topics() throws -> [TopicDefinition] {
            try ["a", "b", "c"].map { try TopicDefinition(name: $0, document: "subscription { \($0) }") }
        }

        @Test func `connections spread evenly over the shards, which all bring the same events`() async throws {
            try await ShardStage.run(Self.topics(), shards: 3) { stage in
                var peers: [Peer] = []
                for _ in 0..<30 { peers.append(try await stage.plain("a")) }
                for shard in stage.statistics.shards {
                    let clients = shard.clients.load(ordering: .relaxed)
                    #expect(clients == 10)
                }
                for number in 1...40 as ClosedRange<UInt64> {
                    stage.publish(Self.event(0, number), Self.event(1, number))
                }
                for peer in peers { #expect(try await peer.numbers(40) == Array(1...40)) }
                for shard in stage.statistics.shards {
                    let deliveries = shard.deliveries.load(ordering: .relaxed)
                    #expect(deliveries == 400)
                }
            }
        }

        @Test func `connections fill the shard that lost some`() async throws {
            try await ShardStage.run(Self.topics(), shards: 2) { stage in
                var peers: [Peer] = []
                for _ in 0..<8 { peers.append(try await stage.plain("a")) }
                // Every second one went to the same shard.
                peers = peers.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
                while stage.connections > 4 {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                for _ in 0..<4 { peers.append(try await stage.plain("a")) }
                for shard in stage.statistics.shards {
                    let clients = shard.clients.load(ordering: .relaxed)
                    #expect(clients == 4)
                }
            }
        }

        /// A batch with a refusal in its midst is swept twice; who got something before gets what is behind, too.
        @Test func `events on both sides of another topic's refusal arrive with their batch`() async throws {
            try await ShardStage.run(Self.topics()) { stage in
                let peer = try await stage.plain("a")
                let errors = Array(#"[{"message":"no"}]"#.utf8)
                // More than once, since the first time the socket may be writable anew for another reason.
                for number in stride(from: 1, to: 40, by: 2) as StrideTo<UInt64> {
                    stage.publish(
                        Self.event(0, number),
                        .failed(topic: 1, errors: errors),
                        Self.event(0, number + 1)
                    )
                    #expect(try await peer.numbers(2) == [number, number + 1])
                }
            }
        }
    }
}
