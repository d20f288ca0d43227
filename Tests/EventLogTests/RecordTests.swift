import Testing

@testable import EventLog

/// What is written is read again, and everything else is refused with its reason.
struct RecordTests {
    static let topic = TopicHash(high: 0x0123_4567_89AB_CDEF, low: .max)
    static let place = TopicPlace(topic: topic, epoch: "5f-3-1", sequence: 41)

    /// The incarnation of who writes.
    private static let seven: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 7]

    static let payloads: EventPayloads = {
        var payloads = EventPayloads(Array(#"{"data":{"tick":1}}"#.utf8))
        payloads.append(Array(#"{"data":{"tick":22}}"#.utf8))
        payloads.append(Array(repeating: UInt8(ascii: "x"), count: 300))
        return payloads
    }()

    /// One of each kind, and those whose fields are at a limit.
    static let contents: [LogRecord.Content] =
        [
            .term(LeaderIdentity(node: "relay-1", incarnation: 0xDEAD_BEEF, topics: 7)),
            .term(LeaderIdentity(node: String(repeating: "ü", count: 127), incarnation: .max, topics: 0)),
            .beat,
            .handOver(successor: "relay-2"),
            .topic(place, .events(payloads)),
            .topic(place, .events(EventPayloads([0x7B]))),
            .topic(place, .part(PayloadPart(index: 2, count: 3, bytes: [1, 2, 3]))),
            .topic(place, .gap(reason: "the leader changed")),
            .topic(place, .gap(reason: "")),
            .topic(place, .failed(errors: Array(#"[{"message":"no"}]"#.utf8))),
            .topic(place, .refused(reason: "there are too many topics")),
            .topic(place, .completed),
            .topic(place, .ended),
            .topic(place, .opened),
            .topic(place, .began(isForeign: true)),
            .topic(
                TopicPlace(topic: TopicHash(high: 0, low: 0), epoch: "", sequence: 1 << 62),
                .began(isForeign: false)
            ),
            .topic(
                place,
                .checkpoint(
                    TopicCheckpoint(
                        position: 900,
                        gapAfter: 12,
                        status: .live,
                        isForeign: false,
                        lastPayload: [0x7B, 0x7D]
                    )
                )
            ),
            .topic(
                place,
                .checkpoint(
                    TopicCheckpoint(
                        position: .max,
                        gapAfter: nil,
                        status: .waiting,
                        isForeign: true,
                        lastPayload: nil
                    )
                )
            ),
        ] + OperationStatus.allCases.map { .topic(place, .status($0)) }

    /// A message with all of them.
    static let whole = LogMessage(
        term: 3,
        writer: 7,
        contents.enumerated().map { LogRecord($1, at: 1_790_000_000_000 + UInt64($0)) }
    )

    @Test(arguments: contents)
    func `a record is read as it was written`(content: LogRecord.Content) throws {
        let message = LogMessage(term: 1 << 62, writer: 7, [LogRecord(content, at: 1_790_000_000_123)])
        let bytes = try message.bytes()
        #expect(try LogMessage(bytes) == message)
        #expect(message.records[0].size == bytes.count - 1 - 9 - 8 - 1, "what it takes is counted right")
    }

    @Test func `a message of many records is read as it was written`() throws {
        #expect(try LogMessage(Self.whole.bytes()) == Self.whole)
    }

    @Test func `the form of version 1 stays as it is`() throws {
        let message = LogMessage(
            term: 300,
            writer: 7,
            [
                LogRecord(.beat, at: 1),
                LogRecord(.topic(Self.place, .events(EventPayloads([0x7B, 0x7D]))), at: 2),
            ]
        )
        let head: [UInt8] = [1, 0xAC, 2] + Self.seven + [2]
        let topic: [UInt8] = [1, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF] + Array(repeating: 0xFF, count: 8)
        let events: [UInt8] = [3, 2] + topic + [6] + Array("5f-3-1".utf8) + [41, 1, 2, 0x7B, 0x7D]
        #expect(try message.bytes() == head + [2, 1] + events)
    }

    @Test func `every beginning of a message is refused`() throws {
        let bytes = try Self.whole.bytes()
        for count in bytes.indices {
            #expect(throws: RecordError.self, "the first \(count) bytes") { try LogMessage(Array(bytes[..<count])) }
        }
    }

    @Test func `a message with a changed byte is refused, or is another one with the same form`() throws {
        let bytes = try Self.whole.bytes()
        var (refused, others) = (0, 0)
        for index in bytes.indices {
            for change: UInt8 in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                var changed = bytes
                changed[index] ^= change
                guard let message = try? LogMessage(changed) else {
                    refused += 1
                    continue
                }
                others += 1
                if try message.bytes() != changed || message == Self.whole {
                    Issue.record("byte \(index) changed by \(change) is read as \(message)")
                    return
                }
            }
        }
        #expect(refused > 1000 && others > 1000, "\(refused), \(others)")
    }

    @Test(
        arguments: [
            ([], .truncated),
            ([0, 1] + seven + [1, 2, 0], .malformed(.version)),
            ([2], .laterVersion(2)),
            ([255, 1] + seven + [1, 2, 0], .laterVersion(255)),
            ([1, 1] + seven + [0], .malformed(.count)),
            ([1, 1] + seven + [1, 2], .truncated),
            ([1, 1] + seven + [1, 2, 0, 0], .trailingBytes(1)),
            ([1, 1] + seven + [1, 0, 0], .unknownKind(0)),
            ([1, 1] + seven + [1, 200, 0], .unknownKind(200)),
            // More records than there are bytes, and than there may be.
            ([1, 1] + seven + [100, 2, 0], .truncated),
            ([1, 1] + seven + [0x81, 0x80, 4], .oversized(.count)),
            // Numbers that are longer than they must be, or than 64 bits.
            ([1, 0x81, 0] + seven + [1, 2, 0], .malformed(.number)),
            ([1] + excess + seven + [1, 2, 0], .oversized(.number)),
            ([1] + Array(repeating: 0xFF, count: 9) + [2] + seven + [1, 2, 0], .oversized(.number)),
        ] as [([UInt8], RecordError)]
    )
    func `what is no message is refused with the reason`(bytes: [UInt8], error: RecordError) {
        #expect(throws: error) { try LogMessage(bytes) }
    }

    /// The form of one record whose kind and fields are these.
    private static func message(_ kind: UInt8, _ fields: [UInt8], sequence: [UInt8] = [0]) -> [UInt8] {
        [1, 1] + seven + [1, kind, 0] + Array(repeating: 0, count: 16) + [0] + sequence + fields
    }

    private static let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 7]
    /// One more than any number may be.
    private static let excess: [UInt8] = [0x81] + Array(repeating: 0x80, count: 7) + [0x40]

    @Test(
        arguments: [
            (message(3, [0]), .malformed(.payloads)),
            (message(3, [1, 0]), .malformed(.payloads)),
            (message(3, [1, 2, 0]), .truncated),
            (message(3, [200, 2, 1]), .truncated),
            (message(3, [1] + huge + [0]), .truncated),
            (message(3, [0x81, 0x80, 4]), .oversized(.payloads)),
            (message(3, [1, 1, 0x7B], sequence: excess), .oversized(.place)),
            (message(4, [1, 0xFF]), .malformed(.text)),
            (message(4, [0x81, 8]), .oversized(.text)),
            (message(5, [9]), .malformed(.status)),
            (message(9, [2]), .malformed(.flag)),
            (message(10, [3, 3, 1, 0]), .malformed(.part)),
            (message(10, [0, 1, 0]), .malformed(.part)),
            (message(11, huge), .oversized(.data)),
        ] as [([UInt8], RecordError)]
    )
    func `a field that nothing writes is refused with the reason`(bytes: [UInt8], error: RecordError) {
        #expect(throws: error) { try LogMessage(bytes) }
    }

    @Test(
        arguments: [
            LogRecord(.handOver(successor: String(repeating: "n", count: 256)), at: 0),
            LogRecord(
                .topic(TopicPlace(topic: topic, epoch: String(repeating: "e", count: 80), sequence: 0), .opened),
                at: 0
            ),
            LogRecord(.topic(place, .events(EventPayloads())), at: 0),
        ]
    )
    func `a record that nothing would read isn't written`(record: LogRecord) {
        #expect(throws: RecordError.self) { try LogMessage(term: 1, writer: 7, [record]).bytes() }
        #expect(record.size == nil)
    }

    @Test func `a long reason is cut between two characters, and long errors are replaced`() {
        let reason = RecordLimits.reason(String(repeating: "é", count: 600) + "!")
        #expect(reason == String(repeating: "é", count: 512))
        #expect(RecordLimits.reason("short") == "short")
        #expect(RecordLimits.errors(Array(repeating: 0x20, count: 70_000)).count < 100)
        #expect(RecordLimits.errors([0x5B, 0x5D]) == [0x5B, 0x5D])
    }

    @Test func `a topic's hash is made of 16 bytes`() {
        let bytes = (1...16).map(UInt8.init)
        #expect(TopicHash(bytes) == TopicHash(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10))
        #expect(TopicHash(bytes.dropLast()) == nil)
    }

    @Test(
        arguments: [
            ([], [], true), ([1, 2], [2], true), ([1, 2], [1, 2], true), ([1, 2], [1], false), ([1], [1, 1], false),
            ([1, 2], [2, 1], false), ([1], [0, 1], false), ([1], [], false), ([1], [2], false),
        ]
            as [([UInt8], [Int], Bool)]
    )
    func `payloads end where they say`(bytes: [UInt8], ends: [Int], isSound: Bool) {
        #expect((EventPayloads(bytes: bytes, ends: ends) != nil) == isSound)
    }
}
