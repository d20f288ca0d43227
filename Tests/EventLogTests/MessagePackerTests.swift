import DequeModule
import TestSupport
import Testing

@testable import EventLog

/// Records become messages within the limit, and the messages' records are the same events again.
struct MessagePackerTests {
    private static let topic = TopicHash(high: 1, low: 2)

    /// Has all records packed, read and put together; what comes is checked against the limit.
    private static func events(of records: [LogRecord], limit: Int) throws -> (payloads: [[UInt8]], messages: Int) {
        let packer = MessagePacker(limit: limit)
        var queue = Deque(records.compactMap(packer.fitting))
        var (assembler, payloads, messages, sequence) = (PartAssembler(limit: 1 << 24), [[UInt8]](), 0, UInt64(0))
        while !queue.isEmpty {
            let bytes = try LogMessage(term: 1 << 60, writer: 7, packer.pack(&queue)).bytes()
            messages += 1
            #expect(bytes.count <= limit)
            for record in try LogMessage(bytes).records {
                guard case .topic(let place, let content) = record.content else { continue }
                #expect(place.sequence == sequence, "a number is left out or given twice")
                switch content {
                case .events(let events): payloads += (0..<events.count).map { Array(events[$0]) }
                case .part(let part):
                    if let payload = assembler.take(part, at: place, term: 1) { payloads.append(payload) }
                default: break
                }
                sequence = UInt64(payloads.count)
            }
        }
        #expect(assembler.dropped == 0)
        return (payloads, messages)
    }

    @Test(
        arguments: [
            ([10, 20, 30], 4096, 1), ([4000, 4000, 4000], 4096, 3), ([4070], 4096, 2), ([9000], 4096, 3),
            ([100, 9000, 100, 5000, 1], 4096, 6), ([1, 1, 1, 3900, 1, 3900], 4096, 2), ([1 << 20], 1 << 16, 17),
        ]
    )
    func `payloads of every size go into messages and out again`(sizes: [Int], limit: Int, messages: Int) throws {
        let expected = sizes.enumerated().map { [UInt8](repeating: UInt8($0 + 1), count: $1) }
        var payloads = EventPayloads()
        for payload in expected { payloads.append(payload) }
        let place = TopicPlace(topic: Self.topic, epoch: "e", sequence: 0)
        let record = LogRecord(.topic(place, .events(payloads)), at: 5)
        let found = try Self.events(of: [record], limit: limit)
        #expect(found.payloads == expected)
        #expect(found.messages == messages)
    }

    @Test func `any records go through any limit`() throws {
        var random = SplitMix(seed: 4)
        for _ in 0..<300 {
            let limit = Int.random(in: 4096...20_000, using: &random)
            var (records, expected) = ([LogRecord](), [[UInt8]]())
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let place = TopicPlace(topic: Self.topic, epoch: "epoch", sequence: UInt64(expected.count))
                var payloads = EventPayloads()
                for _ in 0..<Int.random(in: 0...8, using: &random) {
                    let size = Int.random(in: 1...[50, 2000, 30_000].randomElement(using: &random)!, using: &random)
                    let payload = [UInt8](repeating: UInt8(truncatingIfNeeded: expected.count), count: size)
                    payloads.append(payload)
                    expected.append(payload)
                }
                records.append(
                    LogRecord(.topic(place, payloads.isEmpty ? .gap(reason: "r") : .events(payloads)), at: 9)
                )
            }
            #expect(try Self.events(of: records, limit: limit).payloads == expected)
        }
    }

    @Test func `errors and a last payload that fit no message give way`() throws {
        let packer = MessagePacker(limit: 4096)
        let place = TopicPlace(topic: Self.topic, epoch: "e", sequence: 7)
        let failed = LogRecord(.topic(place, .failed(errors: Array(repeating: 0x20, count: 5000))), at: 1)
        guard case .topic(_, .failed(let errors))? = packer.fitting(failed)?.content else {
            Issue.record("the failure is left out")
            return
        }
        #expect(errors.count < 200)
        var checkpoint = TopicCheckpoint(
            position: 1,
            gapAfter: nil,
            status: .live,
            isForeign: false,
            lastPayload: Array(repeating: 0x20, count: 5000)
        )
        let large = LogRecord(.topic(place, .checkpoint(checkpoint)), at: 1)
        checkpoint.lastPayload = nil
        #expect(packer.fitting(large) == LogRecord(.topic(place, .checkpoint(checkpoint)), at: 1))
    }

    private static let place = TopicPlace(topic: topic, epoch: "e", sequence: 7)
    private static let later = TopicPlace(topic: topic, epoch: "e", sequence: 8)

    /// Parts as (place, term, index), and how many payloads come of them and how many parts are dropped.
    @Test(
        arguments: [
            ([(place, 1, 0), (place, 1, 1), (place, 1, 2)], 1, 0),
            // Without a head, without a middle, with a repeated part.
            ([(place, 1, 1), (place, 1, 2)], 0, 2),
            ([(place, 1, 0), (place, 1, 2)], 0, 2),
            ([(place, 1, 0), (place, 1, 1), (place, 1, 1), (place, 1, 2)], 0, 4),
            // Begun again, by the same leader and by the next one.
            ([(place, 1, 0), (place, 1, 1), (place, 2, 0), (place, 2, 1), (place, 2, 2)], 1, 2),
            ([(place, 1, 0), (place, 2, 1), (place, 2, 2)], 0, 3),
            // Of another event.
            ([(place, 1, 0), (later, 1, 1), (later, 1, 2)], 0, 3),
            ([(place, 1, 0), (later, 1, 0), (later, 1, 1), (later, 1, 2)], 1, 1),
        ] as [([(TopicPlace, UInt64, Int)], Int, UInt64)]
    )
    func `a payload is put together of all its parts only`(
        parts: [(TopicPlace, UInt64, Int)],
        payloads: Int,
        dropped: UInt64
    ) {
        var assembler = PartAssembler(limit: 100)
        var found: [[UInt8]] = []
        for (place, term, index) in parts {
            let part = PayloadPart(index: index, count: 3, bytes: [UInt8(index)])
            if let payload = assembler.take(part, at: place, term: term) { found.append(payload) }
        }
        #expect(found == Array(repeating: [0, 1, 2], count: payloads))
        #expect(assembler.dropped == dropped)
    }

    @Test func `a payload over the limit is dropped as soon as it is`() {
        var assembler = PartAssembler(limit: 10)
        for index in 0..<3 {
            let part = PayloadPart(index: index, count: 3, bytes: [1, 2, 3, 4])
            #expect(assembler.take(part, at: Self.place, term: 1) == nil)
        }
        #expect(assembler.dropped == 3)
    }
}
