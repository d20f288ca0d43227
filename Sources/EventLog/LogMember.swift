/// A relay of a group, as its log sees it: reads the log, keeps the state, and leads or waits to.
///
/// Joins `LogReader`, `LogState` and `LogWriter`, so that a message is first told and then counts for who leads, and a
/// leader begins with the state at the message that its term's record follows. A machine without I/O and clock, too.
package struct LogMember {
    /// What is to be done, in order.
    package enum Action: Equatable, Sendable {
        /// Append the message if the log's last message has this number, for `acknowledged`, `refused` or `failed`.
        case append([UInt8], after: UInt64, append: UInt64)
        /// Read the message with this number, for `found` or `missing`.
        case read(UInt64)
        /// Fetch so many messages from a number on, for `fetched` and `ended`.
        case fetch(from: UInt64, count: Int)
        /// Ask for the numbers of the log's first and last message, for `bounds` or `noBounds` with this number.
        case askBounds(question: UInt64)
        /// This has happened, in the order in which everybody reads it.
        case tell([LogUpdate])
        /// All is told that the log had.
        case ready
        /// The log isn't what was read; what is told from here on begins anew.
        case rewound
        /// The node leads: what waits for its leader is to be appended from here on.
        case won(term: UInt64)
        case lost
        case demoted(LogWriter.Demotion)
        case resumed
    }

    package private(set) var reader: LogReader
    package private(set) var writer: LogWriter
    package private(set) var state: LogState
    /// Messages that this release can't read.
    package private(set) var unreadable: UInt64 = 0

    package init(reader: LogReader, writer: LogWriter, state: LogState) {
        self.reader = reader
        self.writer = writer
        self.state = state
    }

    /// How many candidates try before this one.
    package mutating func set(rank: Int) { writer.rank = rank }

    /// Whether the node may lead now.
    package mutating func set(mayLead: Bool) { writer.mayLead = mayLead }

    /// Takes a checkpoint that is kept beside the log; to be called before the first message comes.
    package mutating func restore(_ checkpoint: TopicCheckpoint, at place: TopicPlace) {
        state.restore(checkpoint, at: place)
    }

    /// When `tick` is due.
    package var deadline: Duration {
        // Who lacks messages can't become a leader; that changes with the next message.
        guard reader.isCurrent || !writer.isFollower, let deadline = writer.deadline else { return reader.deadline }
        return min(reader.deadline, deadline)
    }

    /// Does what is due.
    ///
    /// - Parameter time: By the clock of the wall, in milliseconds since 1970, here and everywhere.
    package mutating func tick(time: UInt64, now: Duration) -> [Action] {
        let read = perform(reader.tick(now: now), time, now)
        hearSilence()
        return read + perform(writer.tick(end: reader.isCurrent ? reader.head : nil, time: time, now: now))
    }

    /// There is a new connection.
    package mutating func reconnected(time: UInt64, now: Duration) -> [Action] {
        writer.reconnected(now: now)
        return perform(reader.reconnected(now: now), time, now)
    }

    /// Has entries appended, in order; nothing happens unless the node leads.
    package mutating func append(_ entries: [(TopicHash, TopicEntry)], time: UInt64, now: Duration) -> [Action] {
        for (topic, entry) in entries { writer.append(entry, of: topic, time: time) }
        return perform(writer.flush(time: time, now: now))
    }

    /// Says again who leads, for those who can't read the beginning of the term any more; nothing happens unless the
    /// node leads.
    package mutating func announce(time: UInt64, now: Duration) -> [Action] {
        perform(writer.announce(time: time, now: now))
    }

    /// Leaves the log to a node that is ready to lead.
    package mutating func handOver(to successor: String, time: UInt64, now: Duration) -> [Action] {
        perform(writer.handOver(to: successor, time: time, now: now))
    }

    private mutating func hearSilence() {
        if let time = reader.unanswered { writer.unanswered(at: time) }
    }

    private mutating func perform(_ actions: [LogReader.Action], _ time: UInt64, _ now: Duration) -> [Action] {
        var performed: [Action] = []
        for action in actions {
            switch action {
            case .fetch(let sequence, let count): performed.append(.fetch(from: sequence, count: count))
            case .askBounds(let question): performed.append(.askBounds(question: question))
            case .take(let bytes, let sequence): performed += take(bytes, sequence, time, now)
            case .ready: performed += tell(state.settle()) + [.ready]
            case .gone: performed += tell(state.lose("the relays' log doesn't hold any more what followed"))
            case .rewound:
                state.rewind()
                performed += perform(writer.rewound(now: now)) + [.rewound]
            }
        }
        return performed
    }

    private mutating func take(_ bytes: [UInt8], _ sequence: UInt64, _ time: UInt64, _ now: Duration) -> [Action] {
        var told: [Action] = []
        var message: LogMessage?
        do throws(RecordError) {
            let read = try LogMessage(bytes)
            message = read
            told = tell(state.take(read, at: sequence))
        } catch {
            unreadable += 1
            told = tell(state.lose("another release of the relay, or no relay, wrote to the relays' log"))
        }
        let performed = perform(writer.read(bytes, as: message, at: sequence, time: time, now: now))
        // Who knows that the log was rewound takes it from who doesn't, and has the numbers begin anew.
        if let message, state.isUnaware(message) { writer.summon() }
        return told + performed
    }

    private func tell(_ updates: [LogUpdate]) -> [Action] { updates.isEmpty ? [] : [.tell(updates)] }

    private mutating func perform(_ actions: [LogWriter.Action]) -> [Action] {
        actions.map { action in
            switch action {
            case .append(let bytes, let sequence, let append): return .append(bytes, after: sequence, append: append)
            case .read(let sequence): return .read(sequence)
            case .won(let term):
                let renewed = Set(state.topicsToRenew)
                writer.lead(state.topics.values.lazy.map(\.place).filter { !renewed.contains($0.topic) })
                // Without a place they begin with an epoch of their own as soon as there is something to tell of them.
                return .won(term: term)
            case .lost: return .lost
            case .demoted(let reason): return .demoted(reason)
            case .resumed: return .resumed
            }
        }
    }
}

/// What came of the actions. The numbers are those of the actions that are answered.
extension LogMember {
    /// A message was stored, and is sent to everybody.
    package mutating func published(_ bytes: [UInt8], at sequence: UInt64, time: UInt64, now: Duration) -> [Action] {
        perform(reader.published(bytes, at: sequence, now: now), time, now)
    }

    package mutating func fetched(_ bytes: [UInt8], at sequence: UInt64, time: UInt64, now: Duration) -> [Action] {
        perform(reader.fetched(bytes, at: sequence, now: now), time, now)
    }

    package mutating func ended(
        from sequence: UInt64,
        _ end: LogReader.FetchEnd,
        time: UInt64,
        now: Duration
    ) -> [Action] {
        perform(reader.ended(from: sequence, end, now: now), time, now)
    }

    package mutating func bounds(
        first: UInt64,
        last: UInt64,
        for question: UInt64,
        time: UInt64,
        now: Duration
    ) -> [Action] {
        perform(reader.bounds(first: first, last: last, for: question, now: now), time, now)
    }

    package mutating func noBounds(for question: UInt64, now: Duration) {
        reader.noBounds(for: question, now: now)
        hearSilence()
    }

    /// The append of this number is stored under a number.
    package mutating func acknowledged(
        _ sequence: UInt64,
        of append: UInt64,
        time: UInt64,
        now: Duration
    ) -> [Action] {
        perform(writer.acknowledged(sequence, of: append, time: time, now: now))
    }

    /// The append of this number was refused, since another message was the last one.
    package mutating func refused(of append: UInt64, now: Duration) -> [Action] {
        perform(writer.refused(of: append, now: now))
    }

    /// The append of this number had no answer, or another error.
    package mutating func failed(of append: UInt64, now: Duration) -> [Action] {
        perform(writer.failed(of: append, now: now))
    }

    package mutating func found(_ bytes: [UInt8], at sequence: UInt64, time: UInt64, now: Duration) -> [Action] {
        perform(writer.found(bytes, at: sequence, time: time, now: now))
    }

    package mutating func missing(_ sequence: UInt64, now: Duration) -> [Action] {
        perform(writer.missing(sequence, now: now))
    }
}
