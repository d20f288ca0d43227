import TestSupport
import Testing

@testable import Fanout

/// Topics that grow, clients that come, and a kernel that takes any number of bytes of what it is given.
struct KernelSimulation {
    /// A client, what reached it, and what should have.
    private final class Peer {
        let client: Owner
        var received: [UInt8] = []
        /// The frames that each of its subscribers must get, oldest first.
        var expected: [[WireFrame]]

        init(_ client: Owner) {
            self.client = client
            expected = client.subscribers.map { _ in [] }
        }
    }

    private static let encodings = [Encoding.event, .payload, .graphQL, .graphQL, .resumable]
    private static let sizes = [2...20, 100...130, 300...3000, 65_500...65_600, 90_000...150_000]

    private var generator: SplitMix
    private var topics: [ShardTopic]
    private var sequences: [UInt64] = [0, 0, 0]
    private var peers: [Peer] = []
    private var buffer = FrameBuffer()
    private var payloadNumber = 0

    init(seed: UInt64) throws {
        generator = SplitMix(seed: seed)
        var policy = LagPolicy()
        policy.historyBytes = 1 << 30
        topics = try ["a", "b", "c"].map { try ShardTopic.sample($0, policy: policy) }
    }

    mutating func run(steps: Int) {
        for _ in 0..<6 { join() }
        for _ in 0..<steps {
            switch Int.random(in: 0..<20, using: &generator) {
            case 0 where peers.count < 12: join()
            case 1..<8: record()
            default: deliver(to: peers[Int.random(in: peers.indices, using: &generator)], all: false)
            }
        }
        for peer in peers {
            while lacks(peer) { deliver(to: peer, all: true) }
            check(peer)
        }
    }

    private mutating func join() {
        let client = Owner()
        let encoding = Self.encodings.randomElement(using: &generator) ?? .event
        let count = encoding.hasID ? Int.random(in: 1...4, using: &generator) : 1
        for index in 0..<count {
            let topic = Int.random(in: topics.indices, using: &generator)
            // Some ids are those of other clients, none is twice in one client.
            let id = encoding.hasID ? "\(index)" + (Bool.random(using: &generator) ? "" : "-other") : ""
            client.subscribe(Slot(topic), encoding, id: id, cursor: topics[topic].backlog.head)
        }
        peers.append(Peer(client))
    }

    private mutating func record() {
        let topic = Int.random(in: topics.indices, using: &generator)
        let name = topics[topic].definition.name
        let segment: Segment
        switch Int.random(in: 0..<10, using: &generator) {
        case 0:
            segment = .gap(after: sequences[topic])
            let text = #"{"type":"gap","topic":"\#(name)","epoch":"e","sequence":\#(sequences[topic]),"reason":"lost"}"#
            let token = #""token":"e:\#(sequences[topic])","gap":{"after":"e:\#(sequences[topic])","reason":"lost"}"#
            let told = #"{"data":null,"extensions":{"relay":{\#(token)}}}"#
            expect(Slot(topic)) { $0.encoding == .event ? text : $0.hasTokens ? told : nil }
        case 1:
            segment = .status(.interrupted)
            let text = #"{"type":"status","topic":"\#(name)","upstream":"interrupted"}"#
            expect(Slot(topic)) { $0.encoding == .event ? text : nil }
        default:
            let payloads = (0..<Int.random(in: 1...5, using: &generator)).map { _ in payload() }
            segment = .events(sequences[topic] + 1, payloads)
            for payload in payloads {
                sequences[topic] += 1
                let event =
                    #"{"type":"event","topic":"\#(name)","epoch":"e","sequence":\#(sequences[topic]),"payload":\#(payload)}"#
                let token = #","extensions":{"relay":{"token":"e:\#(sequences[topic])"}}}"#
                expect(Slot(topic)) {
                    $0.encoding == .event ? event : $0.hasTokens ? payload.dropLast() + token : payload
                }
            }
        }
        topics[topic].backlog.append(segment)
    }

    private mutating func payload() -> String {
        payloadNumber += 1
        // Large ones are seldom.
        let kind = Int.random(in: 0..<40, using: &generator)
        let sizes = Self.sizes[kind < 20 ? 0 : kind < 34 ? 1 : kind < 38 ? 2 : kind < 39 ? 3 : 4]
        let padding = String(repeating: "x", count: Int.random(in: sizes, using: &generator))
        return #"{"data":[\#(payloadNumber),"\#(padding)"]}"#
    }

    private func expect(_ slot: Slot, _ text: (Subscriber) -> String?) {
        for peer in peers {
            for (index, subscriber) in peer.client.subscribers.enumerated() where subscriber.slot == slot {
                guard let text = text(subscriber) else { continue }
                let whole =
                    subscriber.encoding.hasID
                    ? #"{"id":"\#(subscriber.id)","type":"next","payload":\#(text)}"# : text
                peer.expected[index].append(WireFrame(whole))
            }
        }
    }

    private func lacks(_ peer: Peer) -> Bool {
        peer.client.subscribers.contains { $0.cursor < topics[$0.slot].backlog.head }
    }

    /// One write: the kernel takes a part, and libwebsockets the rest of the frame that was cut.
    private mutating func deliver(to peer: Peer, all: Bool) {
        buffer.fill(for: peer.client.subscribers, from: &topics)
        let count = buffer.bytes.count
        let sent =
            switch Int.random(in: 0..<6, using: &generator) {
            case 0 where !all: 0
            case 1 where !all: min(count, Int.random(in: 0...12, using: &generator))
            case 2 where !all: max(0, count - Int.random(in: 0...12, using: &generator))
            case 3 where !all, 4 where !all: Int.random(in: 0...count, using: &generator)
            default: count
            }
        let before = peer.client.subscribers.map(\.cursor)
        let (end, frames) = buffer.advance(peer.client.subscribers, sent: sent)
        guard end >= sent, end <= count else {
            Issue.record("\(end) is not within \(sent)...\(count)")
            return
        }
        let part = Array(buffer.bytes[..<end])
        #expect(WireFrame.parse(part)?.count == frames, "only whole frames leave, and they are counted")
        if sent == 0 { #expect(end == 0) }
        #expect(zip(before, peer.client.subscribers).allSatisfy { $0 <= $1.cursor })
        peer.received += part
    }

    /// The frames of several subscribers may mix, each one's own order may not.
    private func check(_ peer: Peer) {
        guard let frames = WireFrame.parse(peer.received) else {
            Issue.record("the stream is not made of whole frames")
            return
        }
        var places = peer.expected.map { _ in 0 }
        for frame in frames {
            let owner = places.indices.first { index in
                places[index] < peer.expected[index].count && peer.expected[index][places[index]] == frame
            }
            guard let owner else {
                Issue.record(
                    "a frame is lost, twice or out of order: \(String(decoding: frame.text.prefix(80), as: UTF8.self))"
                )
                return
            }
            places[owner] += 1
        }
        #expect(places == peer.expected.map(\.count), "some frames never came")
    }
}
