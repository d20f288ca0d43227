import EventLog
import Testing

struct MemberTests {
    private static let messages: [MemberMessage] = [
        MemberMessage(node: "a", incarnation: 7, .alive(MemberTerms(isCandidate: true, topics: .max))),
        MemberMessage(node: "", incarnation: 0, .leaves),
        MemberMessage(node: "ä", incarnation: .max, .prepare(partition: 63, term: 1 << 40, successor: "b")),
        MemberMessage(node: "a", incarnation: 1, .prepared(partition: 0, term: 2)),
        MemberMessage(
            node: "b",
            incarnation: 2,
            .alive(
                MemberTerms(
                    isCandidate: false,
                    topics: 1,
                    places: [
                        MemberPlace(.leads, term: 3, head: 1 << 40, end: .max),
                        MemberPlace(.standsBy, term: 0, head: 0, end: 1),
                    ]
                )
            )
        ),
        MemberMessage(node: "", incarnation: 0, .question),
        MemberMessage(node: "", incarnation: 0, .leave(partition: 3, successor: "b")),
        MemberMessage(node: "", incarnation: 0, .leave(partition: 0, successor: nil)),
    ]

    @Test(arguments: messages)
    func `a message is read as it was written`(message: MemberMessage) throws {
        let bytes = try message.bytes()
        #expect(try MemberMessage(bytes) == message)
        for end in bytes.indices {
            #expect(throws: RecordError.self) { try MemberMessage(Array(bytes[..<end])) }
        }
        #expect(throws: RecordError.trailingBytes(1)) { try MemberMessage(bytes + [0]) }
    }

    @Test func `a message of a later release, or of no kind, is none`() throws {
        #expect(throws: RecordError.laterVersion(2)) { try MemberMessage([2]) }
        #expect(throws: RecordError.unknownKind(9)) { try MemberMessage([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]) }
        // A duty that nothing has, of the one partition that it tells of.
        let alive: [UInt8] = [1, 0] + Array(repeating: 0, count: 8) + [1, 0] + Array(repeating: 0, count: 8)
        #expect(throws: RecordError.unknownKind(3)) { try MemberMessage(alive + [1, 3, 0, 0, 0]) }
        // More partitions than it has bytes.
        #expect(throws: RecordError.truncated) { try MemberMessage(alive + [9, 0, 0, 0, 0]) }
        let long = MemberMessage(node: String(repeating: "n", count: 256), incarnation: 0, .leaves)
        #expect(throws: RecordError.self) { try long.bytes() }
    }

    @Test func `who is heard counts for three leases, and the leader isn't asked to lead`() {
        var table = MemberTable(lease: .seconds(2))
        let (candidate, edge) = (
            MemberTerms(isCandidate: true, topics: 0), MemberTerms(isCandidate: false, topics: 0)
        )
        let areNew = [
            table.heard("a", 1, candidate, at: .seconds(1)), table.heard("b", 1, candidate, at: .seconds(2)),
            table.heard("c", 1, edge, at: .seconds(3)), table.heard("a", 1, candidate, at: .seconds(3)),
        ]
        #expect(areNew == [true, true, true, false])
        #expect(Set(table.candidates(for: 0, besides: nil)) == ["a", "b"])
        #expect(table.candidates(for: 0, besides: "a") == ["b"])
        table.forget(at: .seconds(8.5))
        #expect(table.candidates(for: 0, besides: nil) == ["a"])
        // Another process of the same name has come meanwhile.
        table.left("a", 2)
        #expect(table.candidates(for: 0, besides: nil) == ["a"])
        table.left("a", 1)
        #expect(table.candidates(for: 0, besides: nil) == [] && table.members.keys.contains("c"))
    }

    @Test func `everybody comes to the same order, which differs between partitions`() {
        var table = MemberTable(lease: .seconds(2))
        for node in ["a", "b", "c", "d"] {
            _ = table.heard(node, 1, MemberTerms(isCandidate: true, topics: 0), at: .zero)
        }
        let first = Set((0..<32).map { table.candidates(for: $0, besides: nil)[0] })
        #expect(first.count > 1)
        #expect(table.candidates(for: 3, besides: nil) == table.candidates(for: 3, besides: "e"))
    }
}
