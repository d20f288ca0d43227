import Testing

@testable import EventLog

/// Messages about wanted topics are read as they were written, and everything else is refused with its reason.
struct DemandMessageTests {
    private static let relay = DemandRelay(node: "relay-1", incarnation: 7)
    private static let topic = TopicHash(high: 0x0123_4567_89AB_CDEF, low: .max)
    private static let topics = [
        DemandedTopic(topic, nil),
        DemandedTopic(TopicHash(high: 1, low: 2), DemandRequest(Array(#"{"query":"subscription{a}"}"#.utf8))),
        DemandedTopic(TopicHash(high: 0, low: 0), DemandRequest([])),
    ]

    private static func report(_ content: DemandReport.Content) -> DemandMessage {
        .report(DemandReport(relay: relay, counter: 300, content))
    }

    /// One of each kind, and those whose fields are at a limit.
    private static let messages: [DemandMessage] = [
        report(.want(topics)),
        report(.release(topics.map(\.topic))),
        report(.set(part: 0, of: 1, [])),
        report(.set(part: 0, of: 1, topics)),
        .report(DemandReport(relay: relay, counter: 1 << 18, .set(part: (1 << 18) - 1, of: 1 << 18, topics))),
        report(.renew(DemandDigest())),
        report(.renew(DemandDigest(count: 1 << 18, sum: .max))),
        report(.leave),
        .report(
            DemandReport(
                relay: DemandRelay(node: String(repeating: "ü", count: 127), incarnation: .max),
                counter: 1 << 62,
                .leave
            )
        ),
        .resync(DemandResync(relay: relay, term: 0)),
        .resync(DemandResync(relay: relay, term: 1 << 62)),
    ]

    @Test(arguments: messages)
    func `a message is read as it was written`(message: DemandMessage) throws {
        #expect(try DemandMessage(message.bytes()) == message)
    }

    /// Version, kind and relay.
    private static func head(_ kind: UInt8) -> [UInt8] {
        [1, kind, 7] + Array("relay-1".utf8) + [0, 0, 0, 0, 0, 0, 0, 7]
    }

    private static let hash: [UInt8] = [1, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF] + Array(repeating: 0xFF, count: 8)

    @Test(
        arguments: [
            (report(.want([DemandedTopic(topic, nil)])), head(1) + [0xAC, 2, 1] + hash + [0]),
            (
                report(.want([DemandedTopic(topic, DemandRequest([0x7B, 0x7D]))])),
                head(1) + [0xAC, 2, 1] + hash + [1, 2, 0x7B, 0x7D]
            ),
            (report(.release([topic, topic])), head(2) + [0xAC, 2, 2] + hash + hash),
            (report(.set(part: 1, of: 2, [DemandedTopic(topic, nil)])), head(3) + [0xAC, 2, 1, 2, 1] + hash + [0]),
            (report(.renew(DemandDigest(count: 5, sum: 258))), head(4) + [0xAC, 2, 5, 0, 0, 0, 0, 0, 0, 1, 2]),
            (report(.leave), head(5) + [0xAC, 2]),
            (.resync(DemandResync(relay: relay, term: 3)), head(6) + [3]),
        ] as [(DemandMessage, [UInt8])]
    )
    func `the form of version 1 stays as it is`(message: DemandMessage, bytes: [UInt8]) throws {
        #expect(try message.bytes() == bytes)
    }

    @Test(arguments: messages)
    func `every beginning of a message is refused`(message: DemandMessage) throws {
        let bytes = try message.bytes()
        for count in bytes.indices {
            #expect(throws: RecordError.self, "the first \(count) bytes") { try DemandMessage(Array(bytes[..<count])) }
        }
        #expect(throws: RecordError.trailingBytes(1)) { try DemandMessage(bytes + [0]) }
    }

    @Test func `a message with a changed byte is refused, or is another one with the same form`() throws {
        var (refused, others) = (0, 0)
        for message in Self.messages {
            let bytes = try message.bytes()
            for index in bytes.indices {
                for change: UInt8 in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                    var changed = bytes
                    changed[index] ^= change
                    guard let read = try? DemandMessage(changed) else {
                        refused += 1
                        continue
                    }
                    others += 1
                    if try read.bytes() != changed || read == message {
                        Issue.record("byte \(index) changed by \(change) is read as \(read)")
                        return
                    }
                }
            }
        }
        #expect(refused > 1000 && others > 1000, "\(refused), \(others)")
    }

    private static let excess: [UInt8] = [0x81] + Array(repeating: 0x80, count: 7) + [0x40]

    @Test(
        arguments: [
            ([], .truncated),
            ([0] + head(5).dropFirst() + [1], .malformed(.version)),
            ([2], .laterVersion(2)),
            (head(0) + [1], .unknownKind(0)),
            (head(7) + [1], .unknownKind(7)),
            ([1, 5, 0] + Array(repeating: 0, count: 8) + [1], .malformed(.text)),
            ([1, 5, 0x80, 2], .oversized(.text)),
            ([1, 5, 1, 0xFF], .malformed(.text)),
            (head(5) + [0], .malformed(.number)),
            (head(5) + excess, .oversized(.number)),
            (head(6) + excess, .oversized(.number)),
            // No topics, more than there are bytes, and more than there may be.
            (head(1) + [1, 0], .malformed(.count)),
            (head(2) + [1, 0], .malformed(.count)),
            (head(1) + [1, 100, 0], .truncated),
            (head(2) + [1, 0x81, 0x80, 4], .oversized(.count)),
            (head(1) + [1, 1] + hash + [2], .malformed(.flag)),
            (head(1) + [1, 1] + hash + [1, 0x81, 0x80, 0x40], .oversized(.data)),
            (head(3) + [1, 0, 0, 0], .malformed(.part)),
            (head(3) + [1, 1, 1, 0], .malformed(.part)),
            (head(3) + [1, 0, 0x81, 0x80, 0x10, 0], .oversized(.part)),
            (head(3) + [1, 0, 2, 0], .malformed(.count)),
            // Those before it would have no number.
            (head(3) + [1, 1, 2, 1] + hash + [0], .malformed(.part)),
            (head(4) + [1, 0x81, 0x80, 0x10], .oversized(.count)),
        ] as [([UInt8], RecordError)]
    )
    func `what is no message is refused with the reason`(bytes: [UInt8], error: RecordError) {
        #expect(throws: error) { try DemandMessage(bytes) }
    }

    @Test(
        arguments: [
            .report(DemandReport(relay: DemandRelay(node: "", incarnation: 1), counter: 1, .leave)),
            .report(
                DemandReport(
                    relay: DemandRelay(node: String(repeating: "n", count: 256), incarnation: 1),
                    counter: 1,
                    .leave
                )
            ),
            .report(DemandReport(relay: relay, counter: 0, .leave)),
            report(.want([] as [DemandedTopic])),
            report(.set(part: 0, of: 2, [])),
        ] as [DemandMessage]
    )
    func `a message that nothing would read isn't written`(message: DemandMessage) {
        #expect(throws: RecordError.self) { try message.bytes() }
    }

    @Test func `a digest is the same in every order, and another one for another set`() {
        let topics = (0..<100).map { TopicHash(high: $0, low: 0) }
        var (first, second) = (DemandDigest(), DemandDigest())
        for topic in topics { first.insert(topic) }
        for topic in topics.reversed() { second.insert(topic) }
        #expect(first == second && first.count == 100)
        second.remove(topics[3])
        #expect(first != second)
        second.insert(TopicHash(high: 3, low: 1))
        #expect(first.count == second.count && first != second)
        for topic in topics { first.remove(topic) }
        #expect(first == DemandDigest())
    }

    @Test(
        arguments: [
            // A topic takes 17 bytes beside its request and the request's length; 3811 are left for topics.
            (4096, [], []), (4096, [0, 0, 0], [3]), (4096, [3792], [1]), (4096, [1900, 1900, 1], [1, 2]),
            (4096, [3000, 3000, 3000], [1, 1, 1]), (1 << 16, Array(repeating: 1000, count: 100), [64, 36]),
        ] as [(Int, [Int], [Int])]
    )
    func `topics are divided among messages in their order`(limit: Int, sizes: [Int], counts: [Int]) throws {
        let topics = sizes.enumerated().map { index, size in
            DemandedTopic(TopicHash(high: 0, low: UInt64(index)), DemandRequest(Array(repeating: 0x20, count: size)))
        }
        let packer = DemandPacker(limit: limit)
        let messages = packer.divide(topics)
        #expect(messages.map(\.count) == counts)
        #expect(messages.flatMap { $0 } == topics)
        for message in messages { #expect(try Self.largest(.set(part: 0, of: 1 << 18, message)).count <= limit) }
        let hashes = (0..<1000).map { TopicHash(high: 1, low: $0) }
        #expect(packer.divide(hashes).flatMap { $0 } == hashes)
        for message in packer.divide(hashes) { #expect(try Self.largest(.release(message)).count <= limit) }
    }

    @Test(arguments: [(4096, 3792), (5000, 4696), (1 << 20, (1 << 20) - 305), (1 << 21, 1 << 20)])
    func `what fits a message is what can be sent in one`(limit: Int, most: Int) throws {
        let packer = DemandPacker(limit: limit)
        let topics = [most, most + 1].map { DemandedTopic(Self.topic, DemandRequest(Array(repeating: 0, count: $0))) }
        #expect(topics.map(packer.fits) == [true, false])
        // Of the number of topics there may be two bytes more.
        let bytes = try Self.largest(.set(part: (1 << 18) - 1, of: 1 << 18, [topics[0]]))
        #expect(bytes.count == limit - 2 || most == 1 << 20)
    }

    @Test func `the largest request is read as it was written`() throws {
        let message = Self.report(
            .want([DemandedTopic(Self.topic, DemandRequest((0..<1 << 20).map { UInt8($0 & 0x7F) }))])
        )
        #expect(try DemandMessage(message.bytes()) == message)
        let larger = DemandedTopic(Self.topic, DemandRequest(Array(repeating: 0, count: (1 << 20) + 1)))
        #expect(throws: RecordError.oversized(.data)) { try Self.report(.want([larger])).bytes() }
    }

    /// The form of a message whose other fields are as large as they may be.
    private static func largest(_ content: DemandReport.Content) throws -> [UInt8] {
        let relay = DemandRelay(node: String(repeating: "n", count: 255), incarnation: .max)
        return try DemandMessage.report(DemandReport(relay: relay, counter: 1 << 62, content)).bytes()
    }
}
