import Fanout
import GraphQLTransport
import Testing

@testable import FanoutRelay
@testable import GraphQLSession

extension Loopback {
    /// Counts sweeps; nothing is measured in time: an interval of an hour is one that is never over.
    @Suite(.timeLimit(.minutes(1)))
    struct FlushIntervalTests {
        private static let never = Duration.seconds(3600)

        private static func event(_ topic: TopicID, _ number: UInt64, padding: Int = 0) -> TopicUpdate {
            var batch = PayloadBatch()
            let payload = Array(#"{"data":{"n":\#(number),"p":"\#(String(repeating: "x", count: padding))"}}"#.utf8)
            batch.append(payload.span)
            return .segment(topic: topic, Segment(.events(first: number, batch), at: .zero))
        }

        private static func topics() throws -> [TopicDefinition] {
            try ["a", "b"].map { try TopicDefinition(name: $0, document: "subscription { \($0) }") }
        }

        @Test func `without an interval each batch is swept by itself`() async throws {
            try await ShardStage.run(Self.topics()) { stage in
                let peer = try await stage.plain("a")
                for number in 1...5 as ClosedRange<UInt64> {
                    stage.publish(Self.event(0, number))
                    #expect(try await peer.numbers(1) == [number])
                }
                #expect(stage.sweeps == 5)
            }
        }

        @Test func `what comes within an interval goes out in one sweep`() async throws {
            try await ShardStage.run(Self.topics(), flushInterval: .milliseconds(50)) { stage in
                let peers = [try await stage.plain("a"), try await stage.plain("b")]
                stage.publish(Self.event(0, 1), Self.event(1, 1))
                for peer in peers { #expect(try await peer.numbers(1) == [1]) }
                #expect(stage.sweeps == 1)
            }
        }

        @Test func `a batch that fills a write waits no longer, and takes along what waits`() async throws {
            try await ShardStage.run(Self.topics(), flushInterval: Self.never) { stage in
                let peers = [try await stage.plain("a"), try await stage.plain("b")]
                for number in 1...20 as ClosedRange<UInt64> {
                    stage.publish(Self.event(0, number), Self.event(1, number))
                }
                stage.publish(Self.event(0, 21, padding: FrameBuffer.limit))
                #expect(try await peers[0].numbers(21) == Array(1...21))
                #expect(try await peers[1].numbers(20) == Array(1...20))
                #expect(stage.sweeps == 1)
            }
        }

        @Test func `who joins or is pinged meanwhile waits for nothing`() async throws {
            try await ShardStage.run(Self.topics(), flushInterval: Self.never) { stage in
                let early = try await stage.plain("a")
                for number in 1...3 as ClosedRange<UInt64> { stage.publish(Self.event(0, number)) }
                // The shard takes one batch after the other: whoever finds the third finds all.
                var late: Peer
                repeat {
                    try Task.checkCancellation()
                    late = try await stage.plain("a", query: "?last=3")
                } while late.pending.count { "\($0)".contains(#""sequence":"#) } < 3
                #expect(try await late.numbers(3) == [1, 2, 3])
                try await late.settle()
                #expect(stage.sweeps == 0)
                // The end of the stream ends the waiting; a socket that became writable meanwhile was written to then.
                stage.finish()
                #expect(try await early.numbers(3) == [1, 2, 3])
                while stage.sweeps < 1 {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }
    }
}
