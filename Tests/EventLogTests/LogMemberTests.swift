import Testing

@testable import EventLog

/// What only shows where reader, state and writer meet.
struct LogMemberTests {
    private static let topic = TopicHash(high: 1, low: 1)

    private static func member(_ node: String = "a") -> LogMember {
        let timing = LogTiming(lease: .seconds(1))
        let writer = LogWriter.sample(node, acknowledgementTimeout: .seconds(5))
        let reader = LogReader(timing: timing, options: LogReader.Options(), now: .zero)
        return LogMember(reader: reader, writer: writer, state: LogState(largestPayload: 1 << 20))
    }

    private static func message(_ term: UInt64, _ record: TopicRecord, at sequence: UInt64) throws -> [UInt8] {
        let place = TopicPlace(topic: topic, epoch: "e", sequence: sequence)
        return try LogMessage(term: term, writer: 9, [LogRecord(.topic(place, record), at: 1)]).bytes()
    }

    /// A member that has read the beginning of a topic, and three events.
    private static func reading() throws -> LogMember {
        var member = member()
        _ = member.tick(time: 0, now: .zero)
        _ = member.bounds(first: 1, last: 0, for: 1, time: 0, now: .zero)
        _ = try member.published(message(2, .began(isForeign: false), at: 0), at: 1, time: 0, now: .zero)
        for sequence in UInt64(0)..<3 {
            let payloads = EventPayloads("\(sequence + 1)".utf8)
            _ = try member.published(message(2, .events(payloads), at: sequence), at: sequence + 2, time: 0, now: .zero)
        }
        return member
    }

    private static func texts(_ actions: [LogMember.Action]) -> [String] {
        actions.flatMap { action -> [String] in
            switch action {
            case .tell(let updates): updates.map(\.text)
            case .append(let bytes, let sequence, _):
                ((try? LogMessage(bytes))?.records ?? []).map { "\(sequence + 1): \($0.text)" }
            case .won(let term): ["won \(term)"]
            case .demoted(let reason): ["demoted \(reason)"]
            case .rewound: ["rewound"]
            case .ready: ["ready"]
            case .fetch, .askBounds, .read, .lost, .resumed: []
            }
        }
    }

    @Test func `who can't read the beginning of a term learns of its leader when that says so again`() throws {
        var leader = try Self.reading()
        _ = leader.tick(time: 0, now: .seconds(1.2))
        _ = leader.acknowledged(5, of: 1, time: 0, now: .seconds(1.2))
        let actions = leader.announce(time: 0, now: .seconds(1.3))
        #expect(Self.texts(actions) == ["6: term a"])
        guard case .append(let bytes, _, _)? = actions.last else { return }

        var late = Self.member("b")
        _ = late.tick(time: 0, now: .zero)
        _ = late.bounds(first: 6, last: 5, for: 1, time: 0, now: .zero)
        _ = late.published(bytes, at: 6, time: 0, now: .zero)
        #expect(late.state.leader?.node == "a" && late.state.term == 3)
        // It is no new term, for the leader neither.
        #expect(Self.texts(leader.acknowledged(6, of: 2, time: 0, now: .seconds(1.4))) == [])
        #expect(Self.texts(leader.published(bytes, at: 6, time: 0, now: .seconds(1.4))) == [])
        #expect(leader.writer.isLeader)
    }

    @Test func `over a new connection the leader has a lease to come back`() throws {
        var member = try Self.reading()
        let actions = member.reconnected(time: 0, now: .seconds(5))
        #expect(actions.contains(.askBounds(question: 2)))
        _ = member.fetched(
            try Self.message(2, .events(EventPayloads("3".utf8)), at: 2),
            at: 4,
            time: 0,
            now: .seconds(5)
        )
        _ = member.bounds(first: 1, last: 4, for: 2, time: 0, now: .seconds(5))
        #expect(Self.texts(member.tick(time: 0, now: .seconds(5.9))) == [])
        _ = member.bounds(first: 1, last: 4, for: 3, time: 0, now: .seconds(5.9))
        #expect(Self.texts(member.tick(time: 0, now: .seconds(6.2))) == ["5: term a"])
    }

    @Test func `while the log's servers don't answer nobody bids, and the leader has its turn first`() throws {
        var member = try Self.reading()
        // The question of 0.5 s has no answer, and those after it.
        for tenth in 5...40 {
            #expect(Self.texts(member.tick(time: 0, now: .milliseconds(100 * tenth))) == [], "\(tenth)")
        }
        #expect(member.reader.unanswered.map { $0 > .seconds(3.5) } ?? false)
        let question = member.reader.question?.number ?? 0
        member.noBounds(for: question, now: .seconds(4))
        _ = member.tick(time: 0, now: .seconds(4.1))
        _ = member.bounds(first: 1, last: 4, for: question + 1, time: 0, now: .seconds(4.2))
        #expect(Self.texts(member.tick(time: 0, now: .seconds(4.9))) == [])
        _ = member.bounds(first: 1, last: 4, for: question + 2, time: 0, now: .seconds(4.9))
        #expect(Self.texts(member.tick(time: 0, now: .seconds(5.2))) == ["5: term a"])
    }

    @Test func `for longer than a leader keeps what comes nobody waits for it`() throws {
        var member = try Self.reading()
        let limit = member.writer.timing.acknowledgementTimeout
        var now = Duration.milliseconds(500)
        while now < limit + .seconds(0.9) {
            #expect(Self.texts(member.tick(time: 0, now: now)) == [])
            now += .milliseconds(100)
        }
        #expect(Self.texts(member.tick(time: 0, now: limit + .seconds(1.2))) == ["5: term a"])
    }

    @Test func `who takes over goes on with the numbers of the log`() throws {
        var member = try Self.reading()
        #expect(Self.texts(member.tick(time: 0, now: .seconds(1.2))) == ["5: term a"])
        #expect(Self.texts(member.acknowledged(5, of: 1, time: 0, now: .seconds(1.2))) == ["won 3"])
        let entries: [(TopicHash, TopicEntry)] = [
            (Self.topic, .gap(reason: "r")), (Self.topic, .events(EventPayloads("4".utf8))),
        ]
        #expect(
            Self.texts(member.append(entries, time: 0, now: .seconds(1.2))) == ["6: e:3 gap: r", "6: e:3 events 4"]
        )
    }

    @Test func `who doesn't know whether it has read all doesn't bid`() throws {
        var member = try Self.reading()
        _ = try member.published(Self.message(2, .status(.live), at: 9), at: 8, time: 0, now: .zero)
        #expect(Self.texts(member.tick(time: 0, now: .seconds(1.2))).isEmpty)
        #expect(member.deadline <= .seconds(1.45))
    }

    @Test func `what can't be read may have been anything`() throws {
        var member = try Self.reading()
        let actions = member.published([2, 0, 0], at: 5, time: 0, now: .zero)
        #expect(Self.texts(actions) == ["gap 3: another release of the relay, or no relay, wrote to the relays' log"])
        #expect(member.unreadable == 1)
        // Its numbers may be used, so that a leader must begin anew.
        _ = member.tick(time: 0, now: .seconds(1.2))
        #expect(Self.texts(member.acknowledged(6, of: 1, time: 0, now: .seconds(1.2))) == ["won 3"])
        let entries: [(TopicHash, TopicEntry)] = [(Self.topic, .events(EventPayloads("4".utf8)))]
        #expect(
            Self.texts(member.append(entries, time: 0, now: .seconds(1.2))) == [
                "7: 7-3-1:0 began", "7: 7-3-1:0 events 4",
            ]
        )
    }

    @Test func `who knows that the log was rewound takes it from who doesn't`() throws {
        var member = try Self.reading()
        // The newest two are gone, and another one is in their place.
        let other = try Self.message(2, .events(EventPayloads("other".utf8)), at: 1)
        let actions = member.published(other, at: 3, time: 0, now: .zero)
        #expect(Self.texts(actions) == ["rewound"])
        var told = member.bounds(first: 1, last: 2, for: 2, time: 0, now: .zero)
        told += try member.fetched(Self.message(2, .began(isForeign: false), at: 0), at: 1, time: 0, now: .zero)
        told += try member.fetched(
            Self.message(2, .events(EventPayloads("1".utf8)), at: 0),
            at: 2,
            time: 0,
            now: .zero
        )
        #expect(Self.texts(told) == ["began e:0 successor", "events 1: 1", "ready"])
        // Somebody goes on with these numbers: this node bids at once.
        #expect(Self.texts(member.tick(time: 0, now: .zero)).isEmpty)
        told = member.published(other, at: 3, time: 0, now: .zero)
        #expect(Self.texts(told) == ["events 2: other"])
        #expect(Self.texts(member.tick(time: 0, now: .zero)) == ["4: term a"])
    }

    @Test func `a leader whose log was rewound leads no more`() throws {
        var member = try Self.reading()
        _ = member.tick(time: 0, now: .seconds(1.2))
        _ = member.acknowledged(5, of: 1, time: 0, now: .seconds(1.2))
        let other = try Self.message(2, .status(.live), at: 9)
        #expect(
            Self.texts(member.published(other, at: 4, time: 0, now: .seconds(1.2))) == ["demoted rewound", "rewound"]
        )
        #expect(!member.writer.isLeader && member.state.topics.isEmpty)
    }

    @Test func `a checkpoint is told once the log is read`() throws {
        var member = Self.member()
        let checkpoint = TopicCheckpoint(
            position: 3,
            gapAfter: nil,
            status: .live,
            isForeign: false,
            lastPayload: [0x7B, 0x7D]
        )
        member.restore(checkpoint, at: TopicPlace(topic: Self.topic, epoch: "e", sequence: 9))
        _ = member.tick(time: 0, now: .zero)
        #expect(
            Self.texts(member.bounds(first: 11, last: 10, for: 1, time: 0, now: .zero))
                == ["began e:8 cut 8", "events 9: {}", "status live", "ready"]
        )
    }
}
