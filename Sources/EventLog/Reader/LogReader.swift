/// Reads a log from its beginning to its end and on, every message once and in order: a machine without I/O and clock.
///
/// Messages come as the server sends them on once they are stored, each with its number. Those that were missed are
/// fetched. After a silence, and after every new connection, the server is asked where the log ends.
package struct LogReader {
    /// What is to be done.
    package enum Action: Equatable, Sendable {
        /// This is the next message.
        case take([UInt8], at: UInt64)
        /// Fetch so many messages from a number on; tell each by `fetched`, and what else comes of it by `ended`.
        case fetch(from: UInt64, count: Int)
        /// Ask where the log begins and ends; tell `bounds`, or `noBounds`, with the number of the question.
        case askBounds(question: UInt64)
        /// All was read that the log had when it was asked.
        case ready
        /// The messages after one number and before another aren't held any more.
        case gone(after: UInt64, next: UInt64)
        /// The log isn't the one that was read: it ends before what was read, or says something else there. It is read
        /// again from its beginning.
        case rewound
    }

    /// How a server is read.
    package struct Options: Sendable {
        /// How many messages one request fetches: 1, or more where the server can.
        package var batch: Int
        /// How many requests may be under way, unless they fetch several messages: then one is.
        package var requests = 64
        /// Bytes of messages that wait for one before them.
        package var buffer: Int
        /// A message that isn't found for so long, though it is between the log's ends, counts as gone.
        package var missingTimeout: Duration

        package init(batch: Int = 1, buffer: Int = 64 << 20, missingTimeout: Duration = .seconds(15)) {
            self.batch = batch
            self.buffer = buffer
            self.missingTimeout = missingTimeout
        }
    }

    enum Phase {
        /// Where the log begins isn't known. Can transition to: catchingUp.
        case opening
        /// What the log had when it was asked isn't all read. Can transition to: following, opening.
        case catchingUp(to: UInt64)
        /// Can transition to: opening.
        case following
    }

    struct Request {
        let count: Int
        let until: Duration
    }

    struct Question {
        let number: UInt64
        let until: Duration
        /// What was read when it was asked: the log can't end before that.
        let head: UInt64
    }

    let timing: LogTiming
    let options: Options
    package internal(set) var counts = LogReaderCounts()
    var phase = Phase.opening
    /// The number of the newest message that was taken, or is gone.
    package internal(set) var head: UInt64 = 0
    /// The greatest number of a message that is known to be there.
    package internal(set) var end: UInt64 = 0
    /// Messages that wait for one before them, by number, and their bytes.
    var ahead: [UInt64: [UInt8]] = [:]
    var aheadBytes = 0
    /// The fetches that are under way, by the number of their first message.
    var requests: [UInt64: Request] = [:]
    /// Until when nothing is fetched, because something couldn't be.
    var pause: Duration?
    /// The question about the bounds that awaits its answer; nil when none does.
    var question: Question?
    /// How many were asked.
    var questions: UInt64 = 0
    /// When one had no answer last: the log's servers are away then, or choose a leader of theirs.
    package internal(set) var unanswered: Duration?
    /// When something was heard of the log that was new, or its bounds.
    var heard: Duration
    /// Whether it has to be seen first, over a new connection, that the newest message that was taken is still the
    /// same.
    var isUnverified = false
    /// Since when the log seems to end before what was read.
    var suspicion: Duration?
    /// Since when the next message isn't found, though it should be there, and how often that was said.
    var lack: (since: Duration, answers: Int)?
    /// The newest messages that were taken, for comparison with what comes again.
    private var recent: [(sequence: UInt64, bytes: [UInt8])] = []

    /// How many of them.
    private static let remembered = 8
    /// What a message that waits costs beside its bytes.
    static let overhead = 64

    package init(timing: LogTiming, options: Options, now: Duration) {
        self.timing = timing
        self.options = options
        heard = now
    }

    /// Whether everything was read that is known to be there.
    package var isCurrent: Bool {
        if case .following = phase { head >= end && suspicion == nil && !isUnverified } else { false }
    }

    /// A message that was stored under a number.
    package mutating func published(_ bytes: [UInt8], at sequence: UInt64, now: Duration) -> [Action] {
        guard (1...RecordLimits.number).contains(sequence) else { return [] }
        if case .opening = phase {
            keep(bytes, at: sequence)
            return []
        }
        if sequence > head + 1 || sequence > head && isUnverified {
            if sequence > end { counts.holes += 1 }
            keep(bytes, at: sequence)
            return fetchMissing(now: now)
        }
        return receive(bytes, at: sequence, now: now)
    }

    /// Takes a message if it is the next one, keeps it if it was fetched before that; one that was taken is compared.
    mutating func receive(_ bytes: [UInt8], at sequence: UInt64, now: Duration) -> [Action] {
        if sequence > head + 1 || sequence > head && isUnverified {
            keep(bytes, at: sequence, isAwaited: true)
            return []
        }
        if sequence == head + 1 {
            let taken = take(bytes, at: sequence, now: now)
            return taken + takeAhead(now: now)
        }
        counts.repeated += 1
        guard let known = recent.last(where: { $0.sequence == sequence }) else { return ask(now: now) }
        guard known.bytes == bytes else { return rewind(now: now) }
        guard isUnverified, sequence == head else { return [] }
        isUnverified = false
        return takeAhead(now: now)
    }

    private mutating func take(_ bytes: [UInt8], at sequence: UInt64, now: Duration) -> [Action] {
        head = sequence
        end = max(end, sequence)
        heard = now
        lack = nil
        if recent.count == Self.remembered { recent.removeFirst() }
        recent.append((sequence, bytes))
        return [.take(bytes, at: sequence)]
    }

    /// Takes what has waited for the newest message, and asks for what is still missing.
    mutating func takeAhead(now: Duration) -> [Action] {
        var actions: [Action] = []
        while !isUnverified, let bytes = ahead.removeValue(forKey: head + 1) {
            aheadBytes -= bytes.count + Self.overhead
            actions += take(bytes, at: head + 1, now: now)
        }
        if case .catchingUp(let goal) = phase, head >= goal {
            phase = .following
            actions.append(.ready)
        }
        return actions + fetchMissing(now: now)
    }

    /// Keeps a message that is ahead; without room it is fetched in its turn.
    ///
    /// - Parameter isAwaited: Whether it was fetched: there are few of these.
    private mutating func keep(_ bytes: [UInt8], at sequence: UInt64, isAwaited: Bool = false) {
        end = max(end, sequence)
        let size = bytes.count + Self.overhead
        guard ahead[sequence] == nil, isAwaited || aheadBytes + size <= options.buffer else { return }
        ahead[sequence] = bytes
        aheadBytes += size
    }

    /// Forgets what waits up to a number.
    mutating func dropAhead(through sequence: UInt64) {
        for (number, bytes) in ahead where number <= sequence {
            aheadBytes -= bytes.count + Self.overhead
            ahead[number] = nil
        }
    }

    /// Begins again with a log that isn't the one that was read.
    mutating func rewind(now: Duration) -> [Action] {
        let former = self
        self = LogReader(timing: former.timing, options: former.options, now: now)
        counts = former.counts
        counts.rewinds += 1
        questions = former.questions
        return [.rewound] + ask(now: now)
    }

    /// Whether the newest message can be compared.
    var remembersNewest: Bool { recent.last?.sequence == head }
}

/// What a reader has met, for metrics.
package struct LogReaderCounts: Equatable, Sendable {
    /// Messages that came before one that was missing.
    package var holes: UInt64 = 0
    /// Messages that were fetched.
    package var fetched: UInt64 = 0
    /// Messages that came again.
    package var repeated: UInt64 = 0
    /// Messages that weren't held any more when they were to be read.
    package var gone: UInt64 = 0
    package var rewinds: UInt64 = 0
}
