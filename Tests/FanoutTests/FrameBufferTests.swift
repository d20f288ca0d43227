import Testing

@testable import Fanout

struct FrameBufferTests {
    private static func next(_ id: String, _ payload: String) -> [UInt8] {
        WireFrame(#"{"id":"\#(id)","type":"next","payload":\#(payload)}"#).bytes
    }

    @Test func `a GraphQL client gets its id in front of every payload`() throws {
        var topics = [try ShardTopic.sample("a")]
        topics[0].backlog.append(.events([#"{"data":1}"#, #"{"data":2}"#]))
        let client = Owner(.graphQL, id: "é\"")
        var buffer = FrameBuffer()
        buffer.fill(for: client.subscribers, from: &topics)
        #expect(buffer.bytes == Self.next(#"é\""#, #"{"data":1}"#) + Self.next(#"é\""#, #"{"data":2}"#))
    }

    @Test(arguments: [125, 126, 65535, 65536])
    func `a spliced frame has the right length, whatever its size`(size: Int) throws {
        var topics = [try ShardTopic.sample("a")]
        let head = #"{"id":"1","type":"next","payload":"#
        let payload = "\"" + String(repeating: "x", count: size - head.count - 3) + "\""
        topics[0].backlog.append(.events([payload]))
        let client = Owner(.graphQL, id: "1")
        var buffer = FrameBuffer()
        buffer.fill(for: client.subscribers, from: &topics)
        #expect(buffer.bytes == WireFrame(head + payload + "}").bytes)
        #expect(WireFrame.parse(buffer.bytes)?.first?.text.count == size)
    }

    @Test func `clients with tokens share their payloads, and nothing with those without`() throws {
        var topics = [try ShardTopic.sample("a")]
        topics[0].append(.status(.live))
        topics[0].append(.events([#"{"data":1}"#]))
        topics[0].append(.gap(after: 1))
        let asking = Owner()
        asking.subscribe(0, .resumable, id: "1")
        let plain = Owner(.graphQL, id: "1")
        let event = Self.next("1", #"{"data":1,"extensions":{"relay":{"token":"e:1"}}}"#)
        let gap = #"{"token":"e:1","gap":{"after":"e:1","reason":"lost"}}"#
        var buffer = FrameBuffer()
        for _ in 1...2 {
            buffer.fill(for: asking.subscribers, from: &topics)
            #expect(buffer.bytes == event + Self.next("1", #"{"data":null,"extensions":{"relay":\#(gap)}}"#))
            #expect(topics[0].backlog.tokenPayloads(at: 1) === topics[0].backlog.tokenPayloads(at: 1))
            buffer.fill(for: plain.subscribers, from: &topics)
            #expect(buffer.bytes == Self.next("1", #"{"data":1}"#))
        }
        #expect(buffer.advance(plain.subscribers, sent: buffer.bytes.count).frames == 1)
        #expect(plain.subscribers[0].cursor == 3)
    }

    @Test func `GraphQL clients pass gaps and states without a byte`() throws {
        var topics = [try ShardTopic.sample("a")]
        topics[0].backlog.append(.status(.interrupted))
        topics[0].backlog.append(.gap(after: 0))
        let client = Owner(.graphQL, id: "1")
        var buffer = FrameBuffer()
        buffer.fill(for: client.subscribers, from: &topics)
        #expect(buffer.bytes == [])
        #expect(buffer.advance(client.subscribers, sent: 0) == (end: 0, frames: 0))
        #expect(client.subscribers[0].cursor == 2)
    }

    @Test func `nothing moves when the kernel takes nothing`() throws {
        var topics = [try ShardTopic.sample("a")]
        topics[0].backlog.append(.events(["{}"]))
        let client = Owner(.graphQL, id: "1")
        var buffer = FrameBuffer()
        buffer.fill(for: client.subscribers, from: &topics)
        #expect(buffer.advance(client.subscribers, sent: 0) == (end: 0, frames: 0))
        #expect(client.subscribers[0].cursor == 0)
    }

    @Test func `a cut frame counts as sent, the ones behind it don't`() throws {
        var topics = [try ShardTopic.sample("a")]
        topics[0].backlog.append(.events(["{}", "{}", "{}"]))
        let client = Owner(.graphQL, id: "1")
        let size = Self.next("1", "{}").count
        var buffer = FrameBuffer()
        buffer.fill(for: client.subscribers, from: &topics)
        #expect(buffer.advance(client.subscribers, sent: size + 1) == (end: 2 * size, frames: 2))
        #expect(client.subscribers[0].cursor == 2)
        buffer.fill(for: client.subscribers, from: &topics)
        #expect(buffer.advance(client.subscribers, sent: size) == (end: size, frames: 1))
        #expect(client.subscribers[0].cursor == 3)
    }

    @Test func `what is over the limit comes with the next write`() throws {
        var topics = [try ShardTopic.sample("a")]
        for first in stride(from: 1, through: 10, by: 2) {
            topics[0].backlog.append(.events(UInt64(first), count: 2, of: 70_000))
        }
        for encoding in [Encoding.event, .payload, .graphQL] {
            let client = Owner(encoding, id: "1")
            var buffer = FrameBuffer()
            var frames = 0
            var writes = 0
            while true {
                buffer.fill(for: client.subscribers, from: &topics)
                if buffer.bytes.isEmpty { break }
                #expect(buffer.bytes.count <= FrameBuffer.limit + 70_200)
                writes += 1
                frames += buffer.advance(client.subscribers, sent: buffer.bytes.count).frames
            }
            #expect(frames == 10)
            #expect((3...4).contains(writes))
        }
    }

    @Test func `a frame over the limit is sent all the same`() throws {
        var topics = [try ShardTopic.sample("a")]
        topics[0].backlog.append(.events(count: 1, of: FrameBuffer.limit * 2))
        for encoding in [Encoding.event, .payload, .graphQL] {
            let client = Owner(encoding, id: "1")
            var buffer = FrameBuffer()
            buffer.fill(for: client.subscribers, from: &topics)
            #expect(WireFrame.parse(buffer.bytes)?.count == 1)
            #expect(buffer.advance(client.subscribers, sent: 1) == (end: buffer.bytes.count, frames: 1))
        }
    }

    /// What was built for a client can be told from what would be built now, once the history is exchanged for another.
    @Test func `what was built for a client serves the next one with an equal id only`() throws {
        func topics(_ payload: String) throws -> [ShardTopic] {
            var topics = [try ShardTopic.sample("a")]
            topics[0].backlog.append(.events([payload, payload]))
            return topics
        }
        var old = try topics(#""old""#)
        var new = try topics(#""new""#)
        var buffer = FrameBuffer()
        buffer.fill(for: Owner(.graphQL, id: "1").subscribers, from: &old)
        let first = buffer.bytes
        #expect(first == Self.next("1", #""old""#) + Self.next("1", #""old""#))

        buffer.fill(for: Owner(.graphQL, id: "1").subscribers, from: &new)
        #expect(buffer.bytes == first, "an equal id is served from what there is")
        buffer.fill(for: Owner(.graphQL, id: "2").subscribers, from: &new)
        #expect(buffer.bytes == Self.next("2", #""new""#) + Self.next("2", #""new""#))
        buffer.fill(for: Owner(.graphQL, id: "2", cursor: 1).subscribers, from: &new)
        #expect(buffer.bytes == Self.next("2", #""new""#), "another position is built anew")
        buffer.fill(for: Owner(.payload, cursor: 1).subscribers, from: &new)
        #expect(buffer.bytes == WireFrame(#""new""#).bytes, "another encoding is built anew")

        let both = Owner(.graphQL, id: "2", cursor: 1)
        both.subscribe(0, .graphQL, id: "3", cursor: 1)
        buffer.fill(for: both.subscribers, from: &new)
        #expect(buffer.bytes == Self.next("2", #""new""#) + Self.next("3", #""new""#))
        buffer.fill(for: Owner(.graphQL, id: "2", cursor: 1).subscribers, from: &new)
        #expect(buffer.bytes == Self.next("2", #""new""#), "what was built for several ids serves nobody else")
        new[0].backlog.append(.events(3, [#""more""#]))
        buffer.fill(for: Owner(.graphQL, id: "2", cursor: 1).subscribers, from: &new)
        #expect(buffer.bytes == Self.next("2", #""new""#) + Self.next("2", #""more""#))
    }

    @Test(arguments: 0..<24 as Range<UInt64>)
    func `whatever the kernel takes, every client gets its frames once, in order and whole`(seed: UInt64) throws {
        var simulation = try KernelSimulation(seed: seed)
        simulation.run(steps: 400)
    }
}
