import TestSupport
import Testing

@testable import Fanout

struct BatchFramesTests {
    /// A backlog of random segments, and the position at which its last batch begins.
    private static func backlog(_ generator: inout SplitMix) throws -> (topic: ShardTopic, position: Position) {
        var topic = try ShardTopic.sample("a")
        var sequence: UInt64 = 1
        var position: Position = 0
        let (before, batch) = (Int.random(in: 0..<4, using: &generator), Int.random(in: 1..<4, using: &generator))
        for index in 0..<(before + batch) {
            if index == before { position = topic.backlog.head }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: topic.backlog.append(.gap(after: sequence - 1))
            case 1: topic.backlog.append(.status(.live))
            default:
                let count = Int.random(in: 1..<5, using: &generator)
                topic.backlog.append(.events(sequence, count: count, of: Int.random(in: 1..<300, using: &generator)))
                sequence += UInt64(count)
            }
        }
        return (topic, position)
    }

    @Test func `what is made for all is what the buffer makes for each`() async throws {
        var generator = SplitMix(seed: 5)
        var batch = BatchFrames()
        for _ in 0..<300 {
            let (topic, position) = try Self.backlog(&generator)
            var topics = [topic]
            for encoding in [Encoding.event, .payload] {
                let client = Owner(encoding, cursor: position)
                var buffer = FrameBuffer()
                buffer.fill(for: client.subscribers, from: &topics)
                batch.fill(from: position, of: &topics[0].backlog, as: encoding)
                #expect(batch.bytes == buffer.bytes)
                #expect(batch.positions == position..<topics[0].backlog.head)
                #expect(batch.ends.count == batch.positions.count)
                #expect(buffer.advance(client.subscribers, sent: buffer.bytes.count).frames == batch.count)
            }
            let ids = ["a", "b", "an id of another length", "one of the same length!", "c", ""]
            batch.fill(
                from: position,
                of: topics[0].backlog,
                prefix: Owner(.graphQL, id: ids[0]).subscribers[0].prefix
            )
            for id in ids {
                let client = Owner(.graphQL, id: id, cursor: position)
                let prefix = client.subscribers[0].prefix
                if !batch.readdress(to: prefix) {
                    batch.fill(from: position, of: topics[0].backlog, prefix: prefix)
                }
                var buffer = FrameBuffer()
                buffer.fill(for: client.subscribers, from: &topics)
                #expect(batch.bytes == buffer.bytes)
                #expect(batch.ends.count == batch.positions.count)
                #expect(buffer.advance(client.subscribers, sent: buffer.bytes.count).frames == batch.count)
            }
            for (index, id) in ids.enumerated() {
                let client = Owner(.resumable, id: id, cursor: position)
                let prefix = client.subscribers[0].prefix
                if index == 0 || !batch.readdress(to: prefix) {
                    batch.fill(from: position, of: &topics[0].backlog, tokensBehind: prefix)
                }
                var buffer = FrameBuffer()
                buffer.fill(for: client.subscribers, from: &topics)
                #expect(batch.bytes == buffer.bytes)
                #expect(batch.ends.count == batch.positions.count)
                #expect(buffer.advance(client.subscribers, sent: buffer.bytes.count).frames == batch.count)
            }
        }
    }

    @Test func `a prefix of another length doesn't fit`() throws {
        var topic = try ShardTopic.sample("a")
        topic.backlog.append(.events(["{}"]))
        var batch = BatchFrames()
        batch.fill(from: 0, of: topic.backlog, prefix: Array("ab".utf8))
        let before = batch.bytes
        let longerFits = batch.readdress(to: Array("abc".utf8))
        #expect(!longerFits)
        #expect(batch.bytes == before)
        let equalFits = batch.readdress(to: Array("xy".utf8))
        #expect(equalFits)
        #expect(batch.bytes == WireFrame("xy{}}").bytes)
    }

    @Test func `the position that a byte belongs to is found`() throws {
        var topic = try ShardTopic.sample("a")
        topic.backlog.append(.events(["{}", "{}"]))
        topic.backlog.append(.gap(after: 2))
        topic.backlog.append(.events(3, ["{}"]))
        var batch = BatchFrames()
        batch.fill(from: 0, of: &topic.backlog, as: .payload)
        #expect(batch.ends == [4, 8, 8, 12])
        #expect(batch.count == 3)
        for (byte, position) in [(1, 0), (3, 0), (4, 0), (5, 1), (8, 1), (9, 3), (12, 3)] {
            #expect(batch.position(endingAtOrAfter: byte) == position)
        }
    }
}
