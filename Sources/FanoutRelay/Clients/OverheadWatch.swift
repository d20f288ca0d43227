/// Finds clients that send more control frames than the message rate allows; a value without a clock of its own.
///
/// libwebsockets 4.1.6 answers pings itself, and says nothing of them nor of pongs without a payload. But the kernel
/// counts all bytes of a connection, and what is left without those of messages is overhead: control frames, heads of
/// frames, and what TLS adds. It is looked at only while the shard's thread is busy, and each client once in four
/// seconds, since a look is a call of the kernel. Meanwhile each takes eight bytes.
struct OverheadWatch {
    private struct Entry {
        /// How many bytes were read at the last look, modulo 4 GiB; zero before the first.
        var read: UInt32 = 0
        /// How many bytes of messages have arrived since.
        var messages: UInt32 = 0
    }

    /// The clients that are looked at now.
    struct Turn: Equatable {
        /// The place of the first one; the others follow at equal distances.
        let first: Int
        /// For how many bytes of overhead each has an excuse; nil at the first look.
        let allowance: Int64?
    }

    /// In how many turns each client is looked at once.
    static let turns = 40
    /// The shortest time of so many turns.
    static let period = Duration.seconds(4)
    /// How often it is measured how busy the thread is.
    private static let grain = Duration.seconds(1)
    /// From this share of a thread on it is busy: a flood that costs less does no harm.
    static let busyShare = 0.03
    /// What one message of the rate may take as a control frame, with the most that TLS adds; or as a small message.
    static let frameSize: Int64 = 256
    /// What libwebsockets and OpenSSL may have read of a message without having told of it: a TLS record, at most.
    static let slack: Int64 = 32 * 1024
    /// The part of a message's size that the heads of its fragments, and of their TLS records, may take.
    static let part: Int64 = 8

    private var rate: Int64
    private var entries: [Entry] = []
    private var turn = 0
    /// When the clients of each turn were looked at.
    private var looks: [Duration?] = Array(repeating: nil, count: turns)
    private var measured: (at: Duration, processorTime: Duration)?

    /// True while clients are looked at.
    private(set) var isOn = false

    /// Allows so many control frames a second as messages.
    init(rate: Int) { self.rate = Int64(rate) }

    /// Allows so many from the next turn on.
    mutating func set(rate: Int) { self.rate = Int64(rate) }

    /// Counts bytes of a client's messages.
    mutating func note(_ count: Int, at place: Int) {
        guard isOn, entries.indices.contains(place) else { return }
        let (sum, overflows) = entries[place].messages.addingReportingOverflow(UInt32(clamping: count))
        entries[place].messages = overflows ? .max : sum
    }

    /// Begins anew at a place, which has another client.
    mutating func forget(_ place: Int) {
        if entries.indices.contains(place) { entries[place] = Entry() }
    }

    /// Goes on to the next turn, if there is one; to be called about ten times a second.
    ///
    /// - Parameters:
    ///   - places: How many places for clients there are.
    ///   - processorTime: What the thread has used so far; asked for once a second.
    mutating func advance(to now: Duration, places: Int, processorTime: () -> Duration) -> Turn? {
        measure(at: now, processorTime)
        guard isOn else { return nil }
        if entries.count < places { entries += Array(repeating: Entry(), count: places - entries.count) }
        turn = (turn + 1) % Self.turns
        guard let last = looks[turn] else {
            looks[turn] = now
            return Turn(first: turn, allowance: nil)
        }
        let elapsed = now - last
        guard elapsed >= Self.period else { return nil }
        looks[turn] = now
        return Turn(first: turn, allowance: allowance(for: elapsed))
    }

    /// Whether a client has sent too much overhead since the last look.
    mutating func isExceeded(at place: Int, read: UInt32, by turn: Turn) -> Bool {
        guard entries.indices.contains(place) else { return false }
        let last = entries[place]
        entries[place] = Entry(read: read)
        guard let allowance = turn.allowance, last.read != 0 else { return false }
        let messages = Int64(last.messages)
        return Int64(read &- last.read) - messages - messages / Self.part > allowance
    }

    /// What was read of a client at the last look.
    func lastRead(at place: Int) -> UInt32 { entries.indices.contains(place) ? entries[place].read : 0 }

    /// Within any second of time there may be messages of two seconds of the clock, as `RateWindow` counts them.
    private func allowance(for elapsed: Duration) -> Int64 {
        let seconds = min(elapsed, .seconds(3600)) / .seconds(1) + 1
        return Self.slack + Int64(Double(rate * Self.frameSize) * seconds)
    }

    /// Measures how busy the thread was, once a second.
    private mutating func measure(at now: Duration, _ processorTime: () -> Duration) {
        guard let last = measured else { return measured = (now, processorTime()) }
        let elapsed = now - last.at
        guard elapsed >= Self.grain else { return }
        let used = processorTime()
        measured = (now, used)
        let isBusy = (used - last.processorTime) / elapsed >= Self.busyShare
        guard isBusy != isOn else { return }
        isOn = isBusy
        entries = []
        looks = Array(repeating: nil, count: Self.turns)
    }
}
