import Testing

@testable import EventLog

/// Messages are taken once and in order, what is missing is fetched, and what is gone or changed is told.
struct LogReaderTests {
    private static let lease = Duration.milliseconds(1000)

    private static func bytes(_ sequence: UInt64) -> [UInt8] { Array("message \(sequence)".utf8) }

    private static func take(_ sequences: ClosedRange<UInt64>) -> [LogReader.Action] {
        sequences.map { .take(bytes($0), at: $0) }
    }

    /// A reader that has read up to a message.
    private static func reader(
        at head: UInt64 = 10,
        batch: Int = 1,
        buffer: Int = 1 << 20,
        missingTimeout: Duration = .seconds(5)
    ) -> LogReader {
        let options = LogReader.Options(batch: batch, buffer: buffer, missingTimeout: missingTimeout)
        var reader = LogReader(timing: LogTiming(lease: lease), options: options, now: .zero)
        _ = reader.tick(now: .zero)
        _ = reader.bounds(first: head, last: head, for: 1, now: .zero)
        _ = reader.fetched(bytes(head), at: head, now: .zero)
        return reader
    }

    @Test func `a reader begins at the log's beginning, and is ready at its end`() {
        var reader = LogReader(timing: LogTiming(lease: Self.lease), options: LogReader.Options(), now: .zero)
        #expect(reader.tick(now: .zero) == [.askBounds(question: 1)])
        // What is sent on meanwhile waits.
        #expect(reader.published(Self.bytes(9), at: 9, now: .zero) == [])
        #expect(
            reader.bounds(first: 6, last: 8, for: 1, now: .zero)
                == [.gone(after: 0, next: 6)] + (6...8).map { .fetch(from: $0, count: 1) }
        )
        #expect(!reader.isCurrent)
        #expect(reader.fetched(Self.bytes(7), at: 7, now: .zero) == [])
        #expect(reader.fetched(Self.bytes(6), at: 6, now: .zero) == Self.take(6...7))
        #expect(reader.fetched(Self.bytes(8), at: 8, now: .zero) == Self.take(8...9) + [.ready])
        #expect(reader.isCurrent)
    }

    @Test(arguments: [(0, 0, 0), (1, 0, 0), (51, 50, 50)] as [(UInt64, UInt64, UInt64)])
    func `an empty log is read at once`(first: UInt64, last: UInt64, head: UInt64) {
        var reader = LogReader(timing: LogTiming(lease: Self.lease), options: LogReader.Options(), now: .zero)
        _ = reader.tick(now: .zero)
        let actions = reader.bounds(first: first, last: last, for: 1, now: .zero)
        #expect(actions == (head > 0 ? [.gone(after: 0, next: head + 1)] : []) + [.ready])
        #expect(reader.head == head)
        #expect(reader.published(Self.bytes(head + 1), at: head + 1, now: .zero) == Self.take(head + 1...head + 1))
    }

    @Test func `who doesn't hear asks again`() {
        var reader = LogReader(timing: LogTiming(lease: Self.lease), options: LogReader.Options(), now: .zero)
        _ = reader.tick(now: .zero)
        #expect(reader.tick(now: .milliseconds(249)) == [])
        #expect(reader.tick(now: .milliseconds(250)) == [.askBounds(question: 2)])
        // An answer to the first question is late, and one that failed is asked again after a pause.
        #expect(reader.bounds(first: 1, last: 1, for: 1, now: .milliseconds(251)) == [])
        reader.noBounds(for: 2, now: .milliseconds(251))
        #expect(reader.tick(now: .milliseconds(300)) == [])
        #expect(reader.tick(now: .milliseconds(301)) == [.askBounds(question: 3)])
    }

    @Test func `a hole is fetched, and what is behind it waits`() {
        var reader = Self.reader()
        #expect(reader.published(Self.bytes(11), at: 11, now: .zero) == Self.take(11...11))
        #expect(
            reader.published(Self.bytes(14), at: 14, now: .zero) == [
                .fetch(from: 12, count: 1), .fetch(from: 13, count: 1),
            ]
        )
        #expect(reader.published(Self.bytes(15), at: 15, now: .zero) == [])
        #expect(!reader.isCurrent)
        // One of them comes by itself after all.
        #expect(reader.published(Self.bytes(12), at: 12, now: .zero) == Self.take(12...12))
        #expect(reader.fetched(Self.bytes(13), at: 13, now: .zero) == Self.take(13...15))
        #expect(reader.fetched(Self.bytes(12), at: 12, now: .zero) == [])
        #expect(reader.isCurrent && reader.counts.holes == 2)
    }

    @Test func `what comes again is passed over, unless it is another message`() {
        var reader = Self.reader()
        _ = reader.published(Self.bytes(11), at: 11, now: .zero)
        #expect(reader.published(Self.bytes(11), at: 11, now: .zero) == [])
        #expect(reader.published(Self.bytes(10), at: 10, now: .zero) == [])
        #expect(reader.counts.repeated == 2)
        // Nobody remembers this one: perhaps the log was begun again.
        #expect(reader.published(Self.bytes(3), at: 3, now: .zero) == [.askBounds(question: 2)])
        #expect(reader.published([1], at: 11, now: .zero) == [.rewound, .askBounds(question: 3)])
        #expect(reader.head == 0 && !reader.isCurrent)
    }

    @Test(arguments: [0, (1 << 62) + 1, .max] as [UInt64])
    func `numbers that no message has are passed over`(number: UInt64) {
        var reader = Self.reader()
        #expect(reader.published([1], at: number, now: .zero) == [] && reader.isCurrent)
        #expect(reader.fetched([1], at: number, now: .zero) == [] && reader.isCurrent)
        guard case .askBounds(let question)? = reader.tick(now: .seconds(1)).first, number > 0 else { return }
        #expect(reader.bounds(first: 1, last: number, for: question, now: .seconds(1)) == [] && reader.isCurrent)
    }

    @Test func `so many are fetched at a time`() {
        var reader = Self.reader()
        let first = reader.published(Self.bytes(500), at: 500, now: .zero)
        #expect(first == (11...74).map { .fetch(from: $0, count: 1) })
        #expect(reader.fetched(Self.bytes(12), at: 12, now: .zero) == [])
        #expect(
            reader.fetched(Self.bytes(11), at: 11, now: .zero)
                == Self.take(11...12) + [.fetch(from: 75, count: 1), .fetch(from: 76, count: 1)]
        )
    }

    @Test func `a server that can is asked for many at once`() {
        var reader = Self.reader(batch: 1000)
        #expect(reader.published(Self.bytes(2500), at: 2500, now: .zero) == [.fetch(from: 11, count: 1000)])
        for sequence in UInt64(11)...700 {
            #expect(reader.fetched(Self.bytes(sequence), at: sequence, now: .zero) == Self.take(sequence...sequence))
        }
        // It had no more.
        #expect(reader.ended(from: 11, .complete, now: .zero) == [.fetch(from: 701, count: 1000)])
        // It begins with what it has, without a word.
        #expect(reader.fetched(Self.bytes(900), at: 900, now: .zero) == [])
        #expect(reader.ended(from: 701, .complete, now: .zero) == [.askBounds(question: 2)])
        #expect(
            reader.bounds(first: 900, last: 2500, for: 2, now: .milliseconds(60))
                == [.gone(after: 700, next: 900)] + Self.take(900...900) + [.fetch(from: 901, count: 1000)]
        )
    }

    @Test func `what isn't there yet is asked for again`() {
        var reader = Self.reader()
        _ = reader.published(Self.bytes(12), at: 12, now: .zero)
        #expect(reader.ended(from: 11, .missing, now: .zero) == [.askBounds(question: 2)])
        #expect(reader.bounds(first: 1, last: 12, for: 2, now: .zero) == [])
        #expect(reader.tick(now: .milliseconds(49)) == [])
        #expect(reader.tick(now: .milliseconds(50)) == [.fetch(from: 11, count: 1)])
        #expect(reader.fetched(Self.bytes(11), at: 11, now: .zero) == Self.take(11...12))
    }

    @Test func `what is gone is told, and reading goes on behind it`() {
        var reader = Self.reader()
        _ = reader.published(Self.bytes(20), at: 20, now: .zero)
        #expect(reader.ended(from: 11, .missing, now: .zero) == [.askBounds(question: 2)])
        #expect(reader.ended(from: 12, .missing, now: .zero) == [])
        #expect(reader.fetched(Self.bytes(19), at: 19, now: .zero) == [])
        #expect(
            reader.bounds(first: 19, last: 20, for: 2, now: .zero) == [.gone(after: 10, next: 19)] + Self.take(19...20)
        )
        #expect(reader.counts.gone == 8 && reader.isCurrent)
    }

    @Test func `a message that nobody has, between others, is given up after a while`() {
        var reader = Self.reader(missingTimeout: .seconds(2))
        _ = reader.published(Self.bytes(12), at: 12, now: .zero)
        var (now, answers, told) = (Duration.zero, 0, [LogReader.Action]())
        while told.isEmpty, answers < 1000 {
            now += .milliseconds(50)
            for action in reader.tick(now: now) + reader.ended(from: 11, .missing, now: now) {
                guard case .askBounds(let question) = action else { continue }
                answers += 1
                told += reader.bounds(first: 1, last: 12, for: question, now: now).filter {
                    $0 != .fetch(from: 11, count: 1)
                }
            }
        }
        #expect(told == [.gone(after: 10, next: 12)] + Self.take(12...12))
        #expect(answers >= 20 && now >= .seconds(2))
    }

    @Test func `who was stopped for long gives nothing up`() {
        var reader = Self.reader(missingTimeout: .seconds(2))
        _ = reader.published(Self.bytes(12), at: 12, now: .zero)
        _ = reader.ended(from: 11, .missing, now: .zero)
        _ = reader.bounds(first: 1, last: 12, for: 2, now: .zero)
        #expect(reader.tick(now: .seconds(100)) == [.fetch(from: 11, count: 1), .askBounds(question: 3)])
        _ = reader.ended(from: 11, .missing, now: .seconds(100))
        #expect(reader.bounds(first: 1, last: 12, for: 3, now: .seconds(100)) == [])
    }

    @Test func `a fetch without an answer is repeated`() {
        var reader = Self.reader()
        _ = reader.published(Self.bytes(12), at: 12, now: .zero)
        #expect(reader.tick(now: .milliseconds(250)) == [])
        #expect(reader.tick(now: .milliseconds(300)) == [.fetch(from: 11, count: 1)])
        #expect(reader.ended(from: 11, .failed, now: .milliseconds(310)) == [])
        #expect(reader.tick(now: .milliseconds(360)) == [.fetch(from: 11, count: 1)])
    }

    @Test func `silence makes it ask, and find what was missed`() {
        var reader = Self.reader()
        #expect(reader.deadline == .milliseconds(500))
        #expect(reader.tick(now: .milliseconds(499)) == [])
        #expect(reader.tick(now: .milliseconds(500)) == [.askBounds(question: 2)])
        #expect(
            reader.bounds(first: 1, last: 12, for: 2, now: .milliseconds(501))
                == [.fetch(from: 11, count: 1), .fetch(from: 12, count: 1)]
        )
    }

    @Test func `a log that ends earlier, and still does after a while, was rewound`() {
        var reader = Self.reader()
        _ = reader.tick(now: .milliseconds(500))
        #expect(reader.bounds(first: 1, last: 9, for: 2, now: .milliseconds(501)) == [])
        #expect(!reader.isCurrent, "nobody leads on such a log")
        #expect(reader.tick(now: .milliseconds(1001)) == [.askBounds(question: 3)])
        var other = reader
        #expect(
            reader.bounds(first: 1, last: 9, for: 3, now: .milliseconds(1002)) == [.rewound, .askBounds(question: 4)]
        )
        #expect(reader.counts.rewinds == 1)
        // A server that had just begun to lead has found the rest.
        #expect(other.bounds(first: 1, last: 10, for: 3, now: .milliseconds(1002)) == [])
        #expect(other.isCurrent)
    }

    @Test func `an answer says nothing about what was read since the question`() {
        var reader = Self.reader()
        for milliseconds in [500, 1100, 1700] {
            let now = Duration.milliseconds(milliseconds)
            guard case .askBounds(let question)? = reader.tick(now: now).first else {
                Issue.record("it doesn't ask at \(now)")
                return
            }
            let next = reader.head + 1
            #expect(reader.published(Self.bytes(next), at: next, now: now) == Self.take(next...next))
            #expect(reader.bounds(first: 1, last: next - 1, for: question, now: now) == [])
            #expect(reader.isCurrent)
        }
    }

    @Test(arguments: [true, false])
    func `after a new connection the newest message is compared`(isSame: Bool) {
        var reader = Self.reader()
        _ = reader.published(Self.bytes(12), at: 12, now: .zero)
        #expect(reader.reconnected(now: .zero) == [.fetch(from: 10, count: 1), .askBounds(question: 2)])
        // What waits may be of another log.
        #expect(reader.ahead.isEmpty)
        let actions = reader.fetched(isSame ? Self.bytes(10) : [1], at: 10, now: .zero)
        #expect(actions == (isSame ? [] : [.rewound, .askBounds(question: 3)]))
    }

    @Test func `until it was compared nothing new is taken`() {
        var reader = Self.reader()
        _ = reader.reconnected(now: .zero)
        #expect(reader.published(Self.bytes(11), at: 11, now: .zero) == [])
        #expect(!reader.isCurrent)
        // It is asked for until it comes.
        #expect(reader.ended(from: 10, .failed, now: .zero) == [])
        #expect(reader.tick(now: .milliseconds(50)) == [.fetch(from: 10, count: 1)])
        var other = reader
        #expect(reader.fetched(Self.bytes(10), at: 10, now: .milliseconds(51)) == Self.take(11...11))
        #expect(reader.isCurrent)
        // What isn't held any more can't be compared.
        #expect(other.bounds(first: 11, last: 11, for: 2, now: .milliseconds(51)) == Self.take(11...11))
    }

    @Test func `what waits is bounded, and fetched in its turn`() {
        var reader = Self.reader(buffer: 200)
        #expect(reader.published(Self.bytes(12), at: 12, now: .zero).count == 1)
        var actions: [LogReader.Action] = []
        for sequence in UInt64(13)...100 { actions += reader.published(Self.bytes(sequence), at: sequence, now: .zero) }
        #expect(reader.ahead.count == 2 && reader.aheadBytes <= 200)
        var taken = UInt64(10)
        actions += reader.fetched(Self.bytes(11), at: 11, now: .zero)
        while let action = actions.popLast() {
            switch action {
            case .take(_, let sequence): taken = max(taken, sequence)
            case .fetch(let sequence, 1): actions += reader.fetched(Self.bytes(sequence), at: sequence, now: .zero)
            default: Issue.record("\(action)")
            }
        }
        #expect(taken == 100 && reader.aheadBytes == 0)
    }
}
