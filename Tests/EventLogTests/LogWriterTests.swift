import Testing

@testable import EventLog

/// Who leads, what is appended behind what, and what becomes of it.
struct LogWriterTests {
    /// What happens to a message that a leader appends behind message 11, as append number 2.
    enum Step {
        case tick(Int)
        case acknowledged(UInt64, of: UInt64)
        case refused(of: UInt64)
        case failed
        case foundOwn
        case foundForeign
        case missing
        case readOwn
        case readForeign
    }

    private static let foreign = try? LogMessage(term: 5, writer: 7, [LogRecord(.beat, at: 1)]).bytes()

    private static func perform(_ step: Step, _ writer: inout LogWriter, _ bytes: [UInt8], _ now: inout Duration)
        -> [LogWriter.Action]
    {
        let foreign = Self.foreign ?? []
        switch step {
        case .tick(let milliseconds):
            now += .milliseconds(milliseconds)
            return writer.tick(end: 11, time: 0, now: now)
        case .acknowledged(let sequence, let number):
            return writer.acknowledged(sequence, of: number, time: 0, now: now)
        case .refused(let number): return writer.refused(of: number, now: now)
        case .failed: return writer.failed(of: 2, now: now)
        case .foundOwn: return writer.found(bytes, at: 12, time: 0, now: now)
        case .foundForeign: return writer.found(foreign, at: 12, time: 0, now: now)
        case .missing: return writer.missing(12, now: now)
        case .readOwn: return writer.read(bytes, as: try? LogMessage(bytes), at: 12, time: 0, now: now)
        case .readForeign: return writer.read(foreign, as: try? LogMessage(foreign), at: 12, time: 0, now: now)
        }
    }

    /// What is done in the end: goes on with the next message, is demoted, or still waits.
    enum Outcome: Equatable {
        case goesOn
        case demoted(LogWriter.Demotion)
        case waits
    }

    @Test(
        arguments: [
            ([.acknowledged(12, of: 2)], .goesOn),
            // The orders after a lost answer: the copy is refused, or acknowledged, the first answer comes late, or
            // the message is read before any.
            ([.tick(250), .refused(of: 2), .foundOwn], .goesOn),
            ([.tick(250), .acknowledged(12, of: 2)], .goesOn),
            ([.tick(250), .acknowledged(12, of: 2), .refused(of: 2), .refused(of: 2)], .goesOn),
            ([.tick(250), .readOwn, .refused(of: 2), .acknowledged(12, of: 2), .foundOwn], .goesOn),
            // Refusals may come before what they speak of can be read.
            ([.tick(250), .refused(of: 2), .missing, .tick(50), .refused(of: 2), .foundOwn], .goesOn),
            ([.refused(of: 2), .missing, .tick(50), .acknowledged(12, of: 2)], .goesOn),
            // A refused copy, and the first one's answer while the message is being read.
            ([.tick(250), .refused(of: 2), .acknowledged(12, of: 2)], .goesOn),
            // Nobody answers the reading.
            ([.refused(of: 2), .tick(250), .refused(of: 2), .foundOwn], .goesOn),
            ([.failed, .tick(50), .acknowledged(12, of: 2)], .goesOn),
            // Acknowledged in another place: what is in its own decides.
            ([.acknowledged(13, of: 2), .foundOwn], .goesOn),
            ([.acknowledged(13, of: 2), .foundForeign], .demoted(.refusedAppend)),
            ([.refused(of: 2), .foundForeign], .demoted(.refusedAppend)),
            ([.tick(250), .refused(of: 2), .foundForeign], .demoted(.refusedAppend)),
            ([.readForeign], .demoted(.foreignMessage)),
            ([.refused(of: 2), .readForeign, .foundForeign], .demoted(.foreignMessage)),
            ([.tick(250), .tick(250), .tick(250), .tick(250)], .demoted(.unacknowledged)),
            ([.refused(of: 2), .missing, .tick(1000)], .demoted(.unacknowledged)),
            // Answers to other appends.
            ([.acknowledged(12, of: 1), .refused(of: 1)], .waits),
            ([.refused(of: 2), .refused(of: 2), .tick(100)], .waits),
        ] as [([Step], Outcome)]
    )
    func `whatever is lost, a message is appended once or its leader stops`(steps: [Step], outcome: Outcome) throws {
        var writer = LogWriter.leader()
        var now = Duration.seconds(10)
        writer.append(6...6)
        let sent = writer.flush(time: 0, now: now)
        guard case .append(let bytes, 11, 2)? = sent.first else {
            Issue.record("nothing is sent but \(sent)")
            return
        }
        // It waits for its turn.
        writer.append(7...7)
        #expect(writer.flush(time: 0, now: now) == [])
        var actions: [LogWriter.Action] = []
        for step in steps { actions += Self.perform(step, &writer, bytes, &now) }
        let again = actions.prefix { $0 != .append(bytes, after: 12, append: 3) }
        for case .append(let copy, let expected, let number) in again where number == 2 {
            #expect(copy == bytes && expected == 11, "another message, or in another place")
        }
        switch outcome {
        case .goesOn:
            guard case .append(_, 12, 3)? = actions.last else {
                Issue.record("it ends with \(actions)")
                return
            }
            #expect(actions.suffix(1).map { $0 }.text == ["e:6 events 7"])
            #expect(actions.count { if case .append(_, 12, _) = $0 { true } else { false } } == 1)
        case .demoted(let reason):
            #expect(actions.last == .demoted(reason))
            #expect(!writer.isLeader && writer.counts.demotions == [reason: 1])
        case .waits: #expect(writer.isLeader && !actions.contains { if case .append = $0 { true } else { false } })
        }
    }

    @Test func `the answer to a former append makes nobody a leader`() {
        var writer = LogWriter.leader()
        writer.append(6...6)
        _ = writer.flush(time: 0, now: .seconds(10))
        #expect(writer.tick(end: 11, time: 0, now: .seconds(11)) == [.demoted(.unacknowledged)])
        // It bids behind the same message as that append, which is stored after all.
        let bid = writer.tick(end: 11, time: 0, now: .seconds(13))
        #expect(bid.text == ["term a"])
        #expect(writer.acknowledged(12, of: 2, time: 0, now: .seconds(13)) == [])
        #expect(!writer.isLeader)
    }

    @Test func `a candidate waits for the lease, a fifth of it for each before it, and less than a tenth by chance`()
        throws
    {
        for rank in 0..<5 {
            var writer = LogWriter.sample()
            writer.rank = rank
            let deadline = try #require(writer.deadline)
            let least = LogWriter.lease + LogWriter.lease * rank / 5
            #expect(deadline >= least && deadline < least + LogWriter.lease / 10)
            #expect(writer.tick(end: 3, time: 0, now: deadline - .milliseconds(1)) == [])
            let actions = writer.tick(end: 3, time: 0, now: deadline)
            #expect(actions.text == ["term a"] && actions.appended?.term == 1)
            guard case .append(_, after: 3, _)? = actions.first else { Issue.record("\(actions)"); continue }
        }
    }

    @Test func `who reads something waits anew, and bids for the next term`() throws {
        var writer = LogWriter.sample()
        let beat = LogMessage(term: 8, writer: 7, [LogRecord(.beat, at: 0)])
        #expect(try writer.read(beat.bytes(), as: beat, at: 4, time: 0, now: .seconds(5)) == [])
        #expect(writer.tick(end: 4, time: 0, now: .seconds(5.9)) == [])
        #expect(writer.tick(end: 4, time: 0, now: .seconds(6.2)).appended?.term == 9)
    }

    @Test func `nobody bids who hasn't read all, or may not`() {
        var writer = LogWriter.sample()
        #expect(writer.tick(end: nil, time: 0, now: .seconds(5)) == [])
        writer.mayLead = false
        #expect(writer.deadline == nil && writer.tick(end: 3, time: 0, now: .seconds(5)) == [])
        writer.mayLead = true
        #expect(!writer.tick(end: 3, time: 0, now: .seconds(5)).isEmpty)
    }

    @Test(arguments: [true, false])
    func `a lost race makes a follower that waits anew`(isRead: Bool) throws {
        var writer = LogWriter.sample()
        _ = writer.tick(end: 3, time: 0, now: .seconds(5))
        let winner = LogMessage(
            term: 1,
            writer: 7,
            [LogRecord(.term(LeaderIdentity(node: "b", incarnation: 1, topics: 0)), at: 0)]
        )
        if isRead {
            #expect(try writer.read(winner.bytes(), as: winner, at: 4, time: 0, now: .seconds(5)) == [.lost])
        } else {
            #expect(writer.refused(of: 1, now: .seconds(5)) == [.read(4)])
            #expect(try writer.found(winner.bytes(), at: 4, time: 0, now: .seconds(5)) == [.lost])
        }
        #expect(writer.tick(end: 4, time: 0, now: .seconds(5.9)) == [])
        #expect(writer.counts.lost == 1 && writer.isFollower)
    }

    @Test func `a bid that nobody answers is repeated, and given up after a lease`() {
        var writer = LogWriter.sample()
        let bid = writer.tick(end: 3, time: 0, now: .seconds(5))
        #expect(writer.tick(end: 3, time: 9, now: .seconds(5.25)) == bid)
        #expect(writer.tick(end: 3, time: 9, now: .seconds(6)) == [.lost])
        #expect(writer.counts.unanswered == 1)
    }

    @Test func `a leader with nothing to say says so, four times in a lease`() {
        var writer = LogWriter.leader()
        #expect(writer.tick(end: 11, time: 0, now: .seconds(10.24)) == [])
        let beat = writer.tick(end: 11, time: 0, now: .seconds(10.25))
        #expect(beat.text == ["beat"] && beat.appended?.term == 4)
        #expect(writer.acknowledged(12, of: 2, time: 0, now: .seconds(10.26)) == [])
        #expect(writer.deadline == .seconds(10.5))
    }

    @Test func `what comes while a message is on its way goes into the next one`() {
        var writer = LogWriter.leader()
        writer.append(6...6)
        #expect(writer.flush(time: 0, now: .seconds(10)).text == ["e:5 events 6"])
        writer.append(7...8)
        writer.append(.status(.interrupted), of: LogWriter.topic, time: 0)
        writer.append(9...9)
        let next = writer.acknowledged(12, of: 2, time: 0, now: .seconds(10))
        #expect(next.text == ["e:6 events 7 8", "e:8 status interrupted", "e:8 events 9"])
        guard case .append(_, after: 12, _)? = next.first else { Issue.record("\(next)"); return }
    }

    @Test func `a topic that nobody knows gets an epoch that nobody else gives`() {
        var writer = LogWriter.leader()
        writer.append(1...1, of: LogWriter.other)
        writer.append(.began(epoch: nil), of: LogWriter.topic, time: 0)
        writer.append(.refused(reason: "no"), of: TopicHash(high: 0, low: 0), time: 0)
        #expect(
            writer.flush(time: 0, now: .seconds(10)).text
                == ["7-4-1:0 began", "7-4-1:0 events 1", "7-4-2:0 began", ":0 refused: no"]
        )
    }

    @Test(
        arguments: [
            (6, ["e:5 events 6 7"]),
            (8, ["e:5 gap: events 6 to 7 are missing", "e:7 events 6 7"]),
            (5, ["e:5 events 7"]),
            (4, []),
        ] as [(UInt64, [String])]
    )
    func `numbers that a relay upstream gave are kept`(first: UInt64, records: [String]) {
        var writer = LogWriter.leader()
        var payloads = EventPayloads("6".utf8)
        payloads.append("7".utf8)
        writer.append(.events(payloads, first: first), of: LogWriter.topic, time: 0)
        #expect(writer.flush(time: 0, now: .seconds(10)).text == records)
    }

    @Test func `numbers that a relay upstream has left out are one gap, however it is sent`() {
        var writer = LogWriter.leader()
        writer.append(.gap(reason: "r"), of: LogWriter.topic, time: 0)
        #expect(writer.flush(time: 0, now: .seconds(10)).text == ["e:5 gap: r"])
        writer.append(.events(EventPayloads("8".utf8), first: 8), of: LogWriter.topic, time: 0)
        #expect(writer.acknowledged(12, of: 2, time: 0, now: .seconds(10)).text == ["e:7 events 8"])
        writer.append(.events(EventPayloads("10".utf8), first: 10), of: LogWriter.topic, time: 0)
        #expect(
            writer.acknowledged(13, of: 3, time: 0, now: .seconds(10)).text
                == ["e:8 gap: events 9 to 9 are missing", "e:9 events 10"]
        )
    }

    @Test func `what a full outbox drops is one gap in each topic, and the numbers go on`() {
        var writer = LogWriter.leader(outbox: 2000)
        _ = writer.tick(end: 11, time: 0, now: .seconds(10.25))
        writer.append(6...50)
        writer.append(.status(.interrupted), of: LogWriter.topic, time: 0)
        writer.append(.status(.live), of: LogWriter.topic, time: 0)
        writer.append(1...3, of: LogWriter.other)
        #expect(writer.counts.dropped == 18 && writer.outboxSize <= 2000)
        let first = writer.acknowledged(12, of: 2, time: 0, now: .seconds(10.3))
        #expect(first.text == ["e:5 events " + (6...35).map(String.init).joined(separator: " ")])
        writer.append(51...51)
        let second = writer.acknowledged(13, of: 3, time: 0, now: .seconds(10.3))
        #expect(
            second.text == [
                "e:35 gap: 15 events were dropped before the relays' log had room for them", "e:35 status live",
                "7-4-1:0 began", "7-4-1:0 gap: 3 events were dropped before the relays' log had room for them",
                "e:35 events 51",
            ]
        )
        #expect(writer.outboxSize == 0)
    }

    @Test func `an event that is larger than any may be is a gap`() {
        var writer = LogWriter.leader()
        var payloads = EventPayloads("6".utf8)
        payloads.append(Array(repeating: 0x20, count: 2 << 20))
        payloads.append("8".utf8)
        writer.append(.events(payloads), of: LogWriter.topic, time: 0)
        #expect(
            writer.flush(time: 0, now: .seconds(10)).text
                == ["e:5 events 6", "e:6 gap: an event of 2097152 bytes is larger than any may be", "e:6 events 8"]
        )
    }

    @Test func `a leader leaves the log to its successor, and leads on if that doesn't come`() throws {
        var writer = LogWriter.leader()
        writer.append(6...6)
        let sent = writer.handOver(to: "b", time: 0, now: .seconds(10))
        #expect(sent.text == ["e:5 events 6", "hand over to b"])
        #expect(writer.acknowledged(12, of: 2, time: 0, now: .seconds(10)) == [])
        writer.append(7...7)
        #expect(writer.flush(time: 0, now: .seconds(10)) == [])
        var other = writer
        let bid = LogMessage(term: 5, writer: 7, [LogRecord(.beat, at: 0)])
        #expect(try writer.read(bid.bytes(), as: bid, at: 13, time: 0, now: .seconds(10.1)) == [.demoted(.handedOver)])
        let resumed = other.tick(end: 12, time: 0, now: .seconds(10.5))
        #expect(resumed.first == .resumed && resumed.text == ["e:6 events 7"])
    }

    @Test func `the successor bids at once, and only it`() throws {
        let message = LogMessage(term: 4, writer: 7, [LogRecord(.handOver(successor: "b"), at: 0)])
        for (node, bids) in [("b", true), ("c", false)] {
            var writer = LogWriter.sample(node)
            _ = try writer.read(message.bytes(), as: message, at: 12, time: 0, now: .seconds(10))
            #expect(writer.tick(end: 12, time: 0, now: .seconds(10)).isEmpty != bids)
        }
    }

    @Test func `a message of somebody else where there should be its own demotes`() throws {
        var writer = LogWriter.leader()
        let own = LogMessage(term: 4, writer: 7, [LogRecord(.beat, at: 0)])
        let other = LogMessage(term: 3, writer: 8, [LogRecord(.beat, at: 0)])
        #expect(try writer.read(other.bytes(), as: other, at: 10, time: 0, now: .seconds(10)) == [])
        #expect(try writer.read(own.bytes(), as: own, at: 11, time: 0, now: .seconds(10)) == [])
        #expect(try writer.read(other.bytes(), as: other, at: 11, time: 0, now: .seconds(10)) == [.demoted(.rewound)])
    }

    @Test func `a rewound log demotes`() {
        var writer = LogWriter.leader()
        #expect(writer.rewound(now: .seconds(10)) == [.demoted(.rewound)])
        #expect(writer.rewound(now: .seconds(10)) == [])
    }
}
