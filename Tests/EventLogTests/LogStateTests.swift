import Testing

@testable import EventLog

/// What the log says of topics, and what there is to tell.
struct LogStateTests {
    private static let topic = TopicHash(high: 3, low: 4)

    private static func place(_ sequence: UInt64, epoch: String = "e") -> TopicPlace {
        TopicPlace(topic: topic, epoch: epoch, sequence: sequence)
    }

    private static func events(_ numbers: ClosedRange<Int>, epoch: String = "e") -> LogRecord {
        var payloads = EventPayloads()
        for number in numbers { payloads.append("\(number)".utf8) }
        return LogRecord(.topic(place(UInt64(numbers.lowerBound - 1), epoch: epoch), .events(payloads)), at: 1)
    }

    private static func record(_ record: TopicRecord, _ sequence: UInt64, epoch: String = "e") -> LogRecord {
        LogRecord(.topic(place(sequence, epoch: epoch), record), at: 1)
    }

    private static func part(_ index: Int, _ sequence: UInt64 = 2) -> LogRecord {
        record(.part(PayloadPart(index: index, count: 2, bytes: [UInt8(ascii: "x") + UInt8(index)])), sequence)
    }

    /// Messages as (term, records) and what is told of them.
    @Test(
        arguments: [
            (
                [(1, [record(.began(isForeign: false), 0), events(1...2)]), (1, [events(3...4)])],
                ["began e:0", "events 1: 1 2", "events 3: 3 4"]
            ),
            // A new leader goes on with the numbers.
            (
                [
                    (1, [record(.began(isForeign: false), 0), events(1...2)]),
                    (2, [record(.gap(reason: "r"), 2), events(3...3)]),
                ],
                ["began e:0", "events 1: 1 2", "gap 2: r", "events 3: 3"]
            ),
            // Numbers that are left out are a gap, those that are there already are left out.
            (
                [(1, [record(.began(isForeign: false), 0), events(1...2), events(5...5), events(4...6)])],
                [
                    "began e:0", "events 1: 1 2", "gap 2: events 3 to 4 are missing in the relays' log", "events 5: 5",
                    "events 6: 6",
                ]
            ),
            // A gap that was told stands for them.
            (
                [
                    (
                        1,
                        [
                            record(.began(isForeign: true), 0), events(1...2), record(.gap(reason: "r"), 2),
                            record(.status(.live), 2), events(5...5), events(7...7),
                        ]
                    )
                ],
                [
                    "began e:0 foreign", "events 1: 1 2", "gap 2: r", "status live", "events 5: 5",
                    "gap 5: events 6 to 6 are missing in the relays' log", "events 7: 7",
                ]
            ),
            // Other numbers.
            (
                [
                    (
                        1,
                        [
                            record(.began(isForeign: false), 0), events(1...1),
                            record(.began(isForeign: true), 40, epoch: "f"),
                        ]
                    )
                ],
                ["began e:0", "events 1: 1", "began f:40 foreign successor"]
            ),
            (
                [(1, [record(.began(isForeign: false), 0), events(1...1), events(8...8, epoch: "f")])],
                ["began e:0", "events 1: 1", "began f:7 successor", "events 8: 8"]
            ),
            // A term that is over isn't listened to.
            (
                [(2, [record(.began(isForeign: false), 0)]), (1, [events(1...1)]), (2, [events(1...2)])],
                ["began e:0", "events 1: 1 2"]
            ),
            // A payload in parts, with and without an interruption.
            (
                [(1, [record(.began(isForeign: false), 2), part(0)]), (1, [part(1), events(4...4)])],
                ["began e:2", "events 3: xy", "events 4: 4"]
            ),
            (
                [(1, [record(.began(isForeign: false), 2), part(0)]), (2, [part(1), events(3...3)])],
                ["began e:2", "events 3: 3"]
            ),
            (
                [(1, [record(.began(isForeign: false), 2), part(0), LogRecord(.beat, at: 1), part(1), events(4...4)])],
                ["began e:2", "gap 2: events 3 to 3 are missing in the relays' log", "events 4: 4"]
            ),
            // States.
            (
                [
                    (
                        1,
                        [
                            record(.began(isForeign: false), 0), record(.opened, 0), record(.status(.live), 0),
                            record(.failed(errors: [0x5B, 0x5D]), 0), record(.completed, 0),
                            record(.refused(reason: "r"), 0),
                        ]
                    )
                ],
                ["began e:0", "opened", "status live", "failed", "completed", "refused: r"]
            ),
            // Whoever wants it again finds another one.
            (
                [
                    (1, [record(.began(isForeign: false), 0), record(.opened, 0), events(1...2), record(.ended, 2)]),
                    (1, [record(.began(isForeign: false), 0), record(.opened, 0)]),
                ],
                ["began e:0", "opened", "events 1: 1 2", "ended", "began e:0", "opened"]
            ),
        ] as [([(UInt64, [LogRecord])], [String])]
    )
    func `everybody who reads the same is told the same`(messages: [(UInt64, [LogRecord])], told: [String]) {
        var state = LogState(largestPayload: 100)
        var updates: [LogUpdate] = []
        for (index, (term, records)) in messages.enumerated() {
            updates += state.take(LogMessage(term: term, writer: 7, records), at: UInt64(index) + 1)
        }
        #expect(updates.map(\.text) == told)
    }

    @Test func `a new leader finds where each topic is, and what was refused`() {
        var state = LogState(largestPayload: 100)
        let leader = LeaderIdentity(node: "a", incarnation: 7, topics: 9)
        let other = TopicPlace(topic: TopicHash(high: 0, low: 9), epoch: "", sequence: 0)
        _ = state.take(
            LogMessage(
                term: 6,
                writer: 7,
                [
                    LogRecord(.term(leader), at: 1), Self.record(.began(isForeign: true), 10), Self.events(11...30),
                    Self.record(.gap(reason: "r"), 30), Self.events(31...32), Self.record(.status(.interrupted), 32),
                    LogRecord(.topic(other, .refused(reason: "too many")), at: 1),
                ]
            ),
            at: 77
        )
        #expect(state.term == 6 && state.leader == leader)
        #expect(state.refusals == [other.topic: "too many"])
        let topic = state.topics[Self.topic]
        #expect(topic?.place == Self.place(32) && topic?.gapAfter == 30)
        #expect(topic?.tailToAlign?.map { String(decoding: $0, as: UTF8.self) } == (17...32).map(String.init))
        let checkpoint = TopicCheckpoint(
            position: 77,
            gapAfter: 30,
            status: .interrupted,
            isForeign: true,
            lastPayload: Array("32".utf8)
        )
        #expect(topic?.checkpoint == checkpoint)
        #expect(state.checkpoints(through: 77).map(\.checkpoint) == [checkpoint])
        #expect(state.checkpoints(through: 76).isEmpty)
        // The refused topic comes to be after all.
        _ = state.take(LogMessage(term: 6, writer: 7, [LogRecord(.topic(other, .opened), at: 1)]), at: 78)
        #expect(state.refusals.isEmpty)
    }

    @Test(
        arguments: [
            (1...3, 0, 3), (1...16, 0, 16), (1...40, 0, 16), (6...8, 5, nil), (6...21, 5, 16), (6...20, 5, nil),
        ]
            as [(ClosedRange<Int>, UInt64, Int?)]
    )
    func `to be aligned there must be 16 events, or all`(numbers: ClosedRange<Int>, begin: UInt64, count: Int?) {
        var state = LogState(largestPayload: 100)
        _ = state.take(
            LogMessage(term: 1, writer: 7, [Self.record(.began(isForeign: false), begin), Self.events(numbers)]),
            at: 1
        )
        #expect(state.topics[Self.topic]?.tailToAlign?.count == count)
    }

    @Test func `of large events the newest is kept`() {
        var tail = TopicTail()
        for byte in UInt8(1)...20 { tail.append(EventPayloads([UInt8](repeating: byte, count: 300_000))) }
        #expect(tail.payloads.compactMap(\.first) == [18, 19, 20])
        tail.append(EventPayloads([UInt8](repeating: 21, count: 3_000_000)))
        #expect(tail.payloads.compactMap(\.first) == [21])
    }

    /// A checkpoint at message 50, event 8, and what the log has.
    @Test(
        arguments: [
            // Nothing: the checkpoint stands for all.
            ([], nil, ["began e:7 cut 7", "events 8: eight", "status live"]),
            ([], 8, ["began e:7 cut 7", "events 8: eight", "gap 8: events may be missing here", "status live"]),
            // Older messages, up to the checkpoint's: they say more.
            ([(49, events(7...7)), (50, events(8...8))], nil, ["began e:6 cut 6", "events 7: 7", "events 8: 8"]),
            // Newer ones that follow it, leave something out, or have other numbers.
            ([(51, events(9...9))], nil, ["began e:7 cut 7", "events 8: eight", "status live", "events 9: 9"]),
            (
                [(60, events(11...11))], nil,
                [
                    "began e:7 cut 7", "events 8: eight", "status live",
                    "gap 8: events 9 to 10 are missing in the relays' log", "events 11: 11",
                ]
            ),
            (
                [(60, record(.began(isForeign: false), 0, epoch: "f"))], nil,
                ["began e:7 cut 7", "events 8: eight", "status live", "began f:0 successor"]
            ),
        ] as [([(UInt64, LogRecord)], UInt64?, [String])]
    )
    func `checkpoints stand for what the log doesn't hold`(
        records: [(UInt64, LogRecord)],
        gapAfter: UInt64?,
        told: [String]
    ) {
        var state = LogState(largestPayload: 100)
        let checkpoint = TopicCheckpoint(
            position: 50,
            gapAfter: gapAfter,
            status: .live,
            isForeign: false,
            lastPayload: Array("eight".utf8)
        )
        state.restore(checkpoint, at: Self.place(8))
        // An older one doesn't count.
        var older = checkpoint
        older.position = 20
        state.restore(older, at: Self.place(3))
        var updates = state.lose("")
        for (position, record) in records {
            updates += state.take(LogMessage(term: 1, writer: 7, [record]), at: position)
        }
        updates += state.settle()
        #expect(updates.map(\.text) == told)
    }

    @Test func `a checkpoint in the log keeps its topic from being forgotten, and tells what was missed`() throws {
        var state = LogState(largestPayload: 100)
        _ = state.take(
            LogMessage(term: 1, writer: 7, [Self.record(.began(isForeign: false), 0), Self.events(1...3)]),
            at: 4
        )
        let checkpoint = try #require(state.checkpoints(through: 4).first).checkpoint
        let message = LogMessage(term: 1, writer: 7, [Self.record(.checkpoint(checkpoint), 3)])
        // Who has read all is told nothing, and doesn't have it appended again.
        _ = state.lose("gone")
        #expect(state.take(message, at: 90).isEmpty && state.topicsToRenew.isEmpty)
        #expect(state.checkpoints(through: 89).isEmpty && state.checkpoints(through: 90).count == 1)
        // Who begins there, or has missed something before, goes on from it.
        var fresh = LogState(largestPayload: 100)
        let next = LogMessage(term: 1, writer: 7, [Self.events(4...4)])
        let updates = fresh.lose("") + fresh.take(message, at: 90) + fresh.take(next, at: 91)
        #expect(updates.map(\.text) == ["began e:2 cut 2", "events 3: 3", "events 4: 4"])
        var behind = LogState(largestPayload: 100)
        _ = behind.take(
            LogMessage(term: 1, writer: 7, [Self.record(.began(isForeign: false), 0), Self.events(1...1)]),
            at: 2
        )
        let missed = behind.lose("gone") + behind.take(message, at: 90) + behind.take(next, at: 91)
        #expect(missed.map(\.text) == ["gap 1: gone", "events 4: 4"])
    }

    @Test func `what can't be read any more is a gap in every topic, since anything may have been there`() {
        var state = LogState(largestPayload: 100)
        _ = state.take(
            LogMessage(term: 1, writer: 7, [Self.record(.began(isForeign: false), 0), Self.events(1...3)]),
            at: 1
        )
        #expect(state.lose("gone").map(\.text) == ["gap 3: gone"])
        #expect(state.lose("gone").isEmpty)
        // Who leads now must not go on with numbers that others may have seen.
        #expect(state.topicsToRenew == [Self.topic])
        // A topic that comes up then may have had a gap right before.
        let other = TopicPlace(topic: TopicHash(high: 0, low: 9), epoch: "g", sequence: 5)
        let updates = state.take(
            LogMessage(term: 1, writer: 7, [LogRecord(.topic(other, .status(.live)), at: 1), Self.events(4...4)]),
            at: 9
        )
        #expect(updates.map(\.text) == ["began g:5 cut 5", "status live", "events 4: 4"])
        #expect(state.topicsToRenew.isEmpty)
    }

    /// Messages as (term, writer, whether it begins with the term's record), and which of them count.
    @Test(
        arguments: [
            // Nobody knows who leads before a term's record was read.
            ([(3, 1, false), (3, 2, false), (2, 1, false)], [true, true, false]),
            ([(3, 1, true), (3, 1, false), (3, 2, false), (3, 2, true)], [true, true, false, false]),
            ([(3, 1, true), (4, 2, false), (4, 2, true), (3, 1, false)], [true, false, true, false]),
        ] as [([(UInt64, UInt64, Bool)], [Bool])]
    )
    func `only who leads is listened to`(messages: [(UInt64, UInt64, Bool)], count: [Bool]) {
        var state = LogState(largestPayload: 100)
        var counted: [Bool] = []
        for (term, writer, begins) in messages {
            let identity = LeaderIdentity(node: "n", incarnation: writer, topics: 0)
            let begin = begins ? [LogRecord(.term(identity), at: 1)] : []
            let message = LogMessage(term: term, writer: writer, begin + [Self.record(.status(.live), 0)])
            counted.append(!state.take(message, at: UInt64(counted.count) + 1).isEmpty)
        }
        #expect(counted == count)
        #expect(state.counts.staleTerms == UInt64(count.count { !$0 }))
    }

    @Test func `after a rewind epochs are those of before, and their numbers mustn't be used again`() {
        var state = LogState(largestPayload: 100)
        let first = LogMessage(term: 1, writer: 7, [Self.record(.began(isForeign: false), 0), Self.events(1...3)])
        _ = state.take(first, at: 1)
        _ = state.take(LogMessage(term: 2, writer: 7, [Self.events(4...4)]), at: 2)
        state.rewind()
        #expect(state.topics.isEmpty && state.term == 0 && state.counts.rewinds == 1)
        #expect(state.take(first, at: 1).map(\.text) == ["began e:0 successor", "events 1: 1 2 3"])
        #expect(state.topicsToRenew == [Self.topic])
        let (going, other) = (
            LogMessage(term: 1, writer: 7, [Self.events(4...4)]),
            LogMessage(term: 1, writer: 7, [LogRecord(.beat, at: 1)])
        )
        #expect(!state.isUnaware(going), "that is from before")
        _ = state.settle()
        #expect(state.isUnaware(going) && !state.isUnaware(other))
        let renewed = state.take(
            LogMessage(term: 2, writer: 7, [Self.record(.began(isForeign: false), 0, epoch: "f")]),
            at: 2
        )
        #expect(renewed.map(\.text) == ["began f:0 successor"])
        #expect(state.topicsToRenew.isEmpty)
    }
}

extension LogUpdate {
    /// What is told, in short.
    var text: String {
        switch content {
        case .began(let beginning):
            "began \(beginning.epoch):\(beginning.sequence)" + (beginning.forgottenGap.map { " cut \($0)" } ?? "")
                + (beginning.isForeign ? " foreign" : "") + (beginning.isSuccessor ? " successor" : "")
        case .events(let first, let payloads):
            "events \(first): "
                + (0..<payloads.count).map { String(decoding: payloads[$0], as: UTF8.self) }.joined(separator: " ")
        case .gap(let after, let reason): "gap \(after): \(reason)"
        case .status(let status): "status \(status)"
        case .failed: "failed"
        case .refused(let reason): "refused: \(reason)"
        case .completed: "completed"
        case .ended: "ended"
        case .opened: "opened"
        }
    }
}
