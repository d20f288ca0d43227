/// Finds the client's operation that makes the server drop the link, and refuses it for a while.
///
/// It is pure: it gets the time as an argument, and its owner does what it says. An operation that was sent but not
/// answered when the link was lost becomes a suspect. Suspects are sent again one at a time, and no other unproven
/// operation is sent meanwhile. If the link is lost then too, the suspect is sentenced: refused for a while. So an
/// operation costs two links at most, and none is refused for a single outage. An operation is proven when the server
/// answers it, or stays quiet for a while and still answers others.
///
/// After an outage with many suspects they share a limited time, so that the last one waits seconds, not minutes. An
/// operation that breaks the link only after its share is found when it breaks further links.
struct Quarantine {
    /// One try to send an operation.
    typealias Sending = UInt64

    /// Whether an operation may be sent.
    enum Admission: Equatable {
        case go
        /// Its turn hasn't come; `turns` will say when it has.
        case wait
        case refused(Duration)
    }

    /// What the loss of the link means for an operation that was on it.
    enum Fate: Equatable {
        /// It had been on the link for too long to have broken it.
        case innocent
        case suspect
        case sentenced(Duration)
    }

    /// How long a suspect that is sent alone must go without breaking the link to be proven.
    static let quiet = Duration.seconds(2)
    /// The time that all suspects of an outage share, when `quiet` for each would take longer.
    static let share = Duration.seconds(4)
    /// An operation that has been on a link for so long didn't break it.
    static let trust = Duration.seconds(10)
    /// How long the first sentence refuses an operation; each further one is twice as long, up to the longest.
    static let sentence = Duration.seconds(30)
    static let longestSentence = Duration.seconds(3_600)
    /// How long an operation is remembered after the last loss that it was near, or after the end of its sentence.
    static let memory = Duration.seconds(600)
    /// How many operations are remembered.
    static let capacity = 1_000

    private struct Record {
        var isSuspect = true
        var coincidences = 1
        var sentences = 0
        var refusedUntil = Duration.zero
        var last: Duration

        /// For how much longer the operation is refused; nil when it isn't.
        func refused(at now: Duration) -> Duration? { refusedUntil > now ? refusedUntil - now : nil }
    }

    private struct Flight {
        let operation: Fingerprint
        /// When it was sent; nil while it waits for a link.
        var since: Duration?
        /// When its turn ended without an answer.
        var quietSince: Duration?
        /// True when its turn was shorter than `quiet`, since many others waited.
        var isShort: Bool { quietSince.flatMap { end in since.map { end - $0 < Quarantine.quiet } } ?? false }
        /// True when nobody waits for its answer any more.
        var isAbandoned = false
    }

    /// The operations that are being proven: one suspect alone, or all others that are unproven.
    private struct Turn {
        var members: Set<Sending>
        let isLone: Bool
        var isProbed = false
    }

    private typealias Waiting = (sending: Sending, operation: Fingerprint)

    private var records: [Fingerprint: Record] = [:]
    /// Operations that are on the link, or may be sent, and haven't been answered.
    private var flights: [Sending: Flight] = [:]
    private var suspects: [Waiting] = []
    private var newcomers: [Waiting] = []
    /// The most suspects that waited at a time since there were none.
    private var crowd = 1
    private var turn: Turn?
    /// When the link was last lost with an operation whose short turn had just ended.
    private var recentLoss: Duration?
    private var count: Sending = 0

    init() {}

    /// How many operations are remembered.
    var size: Int { records.count }

    /// The suspect that was sent alone; a query sent after it shows whether the server still answers.
    var lone: Sending? {
        guard let turn, turn.isLone, let member = turn.members.first, flights[member]?.since != nil else { return nil }
        return member
    }

    /// When the turn ends if nothing happens; nil when it doesn't.
    var due: Duration? {
        guard let turn else { return nil }
        var end = Duration.zero
        for member in turn.members {
            // The time runs from when all of them are on the link.
            guard let flight = flights[member] else { continue }
            guard let since = flight.since else { return nil }
            let full = fullQuiet(flight.operation)
            let isProven = turn.isProbed || !turn.isLone
            end = max(end, since + (isProven ? min(full, shortQuiet(flight.operation)) : full))
        }
        return end
    }

    /// Asks whether an operation may be sent.
    mutating func enter(_ operation: Fingerprint, at now: Duration) -> (sending: Sending, admission: Admission) {
        count += 1
        forget(operation, at: now)
        let record = records[operation]
        if let time = record?.refused(at: now) { return (count, .refused(time)) }
        if record?.isSuspect == true {
            suspects.append((count, operation))
            crowd = max(crowd, suspects.count)
        } else if turn != nil || !suspects.isEmpty {
            newcomers.append((count, operation))
        } else {
            flights[count] = Flight(operation: operation)
            return (count, .go)
        }
        return (count, .wait)
    }

    /// Whether an operation that was allowed may still be sent, now that there is a link; otherwise it must enter
    /// again.
    ///
    /// An equal operation may have broken the link before.
    mutating func mayGo(_ sending: Sending, at now: Duration) -> Bool {
        guard let flight = flights[sending] else { return false }
        if let turn, turn.isLone, turn.members.contains(sending) { return true }
        guard let record = records[flight.operation], record.isSuspect || record.refused(at: now) != nil else {
            return true
        }
        flights[sending] = nil
        turn?.members.remove(sending)
        return false
    }

    /// Notes that the operation is on the link.
    mutating func sent(_ sending: Sending, at now: Duration) { flights[sending]?.since = now }

    /// Notes that the server has answered the operation.
    mutating func answered(_ sending: Sending) {
        guard let flight = flights.removeValue(forKey: sending) else { return }
        records[flight.operation] = nil
        turn?.members.remove(sending)
    }

    /// Whether the server has answered an operation that was on the link.
    func wasAnswered(_ sending: Sending) -> Bool { flights[sending] == nil }

    /// Notes that the server answered the query that was sent after the lone suspect.
    mutating func probed() { turn?.isProbed = true }

    /// Notes that nobody waits for the operation any more; it may still break the link.
    mutating func left(_ sending: Sending, at now: Duration) {
        forgetAbandoned(at: now)
        suspects.removeAll { $0.sending == sending }
        newcomers.removeAll { $0.sending == sending }
        if flights[sending]?.since == nil {
            flights[sending] = nil
            turn?.members.remove(sending)
        } else {
            flights[sending]?.isAbandoned = true
        }
    }

    /// Removes abandoned operations after a while; one that is being proven stays until its turn ends.
    private mutating func forgetAbandoned(at now: Duration) {
        for (sending, flight) in flights where flight.isAbandoned && turn?.members.contains(sending) != true {
            guard now - (flight.since ?? now) >= Self.quiet else { continue }
            flights[sending] = nil
        }
    }

    /// Judges an operation whose link was lost.
    mutating func lost(_ sending: Sending, at now: Duration) -> Fate {
        guard let flight = flights.removeValue(forKey: sending) else { return .innocent }
        let turn = turn
        self.turn?.members.remove(sending)
        guard let since = flight.since, now - since < Self.trust else { return .innocent }
        if flight.isShort, let end = flight.quietSince, now - end < Self.quiet { recentLoss = now }
        var record = records[flight.operation] ?? Record(coincidences: 0, last: now)
        // Equal operations are on the link together and report the same loss; it counts once.
        if record.coincidences == 0 || now - record.last > .milliseconds(100) { record.coincidences += 1 }
        record.isSuspect = true
        record.last = now
        defer {
            records[flight.operation] = record
            makeRoom()
        }
        guard let turn, turn.isLone, turn.members.contains(sending), !(turn.isProbed && hasRecent(at: now)) else {
            return .suspect
        }
        let time = min(Self.sentence * (1 << min(record.sentences, 20)), Self.longestSentence)
        record.sentences += 1
        record.refusedUntil = now + time
        return .sentenced(time)
    }

    /// Notes the loss of a link, for the operations that nobody waits for: they become suspects too.
    mutating func lostLink(at now: Duration) {
        for (sending, flight) in flights where flight.isAbandoned { _ = lost(sending, at: now) }
    }

    /// The operations that may be sent now, or are refused; ask after every event, and when `due` is reached.
    mutating func turns(at now: Duration) -> [(sending: Sending, admission: Admission)] {
        if let turn, !turn.members.isEmpty {
            guard let due, due <= now else { return [] }
            end(turn, at: now)
        }
        let wasLone = turn?.isLone ?? false
        turn = nil
        var decided = sortWaiting(at: now)
        if suspects.isEmpty {
            crowd = 1
            decided += release()
        } else if wasLone, !newcomers.isEmpty {
            decided += release()
            turn = Turn(members: Set(decided.filter { $0.admission == .go }.map(\.sending)), isLone: false)
        } else {
            // The unproven operations on the link must be proven before a suspect goes alone.
            let young = flights.filter { flight in
                flight.value.quietSince == nil && (flight.value.since.map { now - $0 < Self.quiet } ?? true)
            }
            guard young.isEmpty else {
                turn = Turn(members: Set(young.keys), isLone: false)
                return decided
            }
            let next = suspects.removeFirst()
            flights[next.sending] = Flight(operation: next.operation)
            turn = Turn(members: [next.sending], isLone: true)
            decided.append((next.sending, .go))
        }
        return decided
    }

    /// Sorts the waiting operations by what is known of them now, and returns those that are refused.
    private mutating func sortWaiting(at now: Duration) -> [(sending: Sending, admission: Admission)] {
        let waiting = suspects + newcomers
        (suspects, newcomers) = ([], [])
        var refused: [(sending: Sending, admission: Admission)] = []
        for entry in waiting {
            let record = records[entry.operation]
            if let time = record?.refused(at: now) {
                refused.append((entry.sending, .refused(time)))
            } else if record?.isSuspect == true {
                suspects.append(entry)
            } else {
                newcomers.append(entry)
            }
        }
        crowd = max(crowd, suspects.count)
        return refused
    }

    private mutating func release() -> [(sending: Sending, admission: Admission)] {
        defer { newcomers = [] }
        return newcomers.map { entry in
            flights[entry.sending] = Flight(operation: entry.operation)
            return (entry.sending, .go)
        }
    }

    private mutating func end(_ turn: Turn, at now: Duration) {
        for member in turn.members {
            guard let flight = flights[member] else { continue }
            flights[member]?.quietSince = now
            records[flight.operation]?.isSuspect = false
            if flight.isAbandoned { flights[member] = nil }
        }
    }

    /// Whether an operation that had a short turn is recent enough to have broken the link.
    private func hasRecent(at now: Duration) -> Bool {
        if let recentLoss, now - recentLoss < .seconds(1) { return true }
        return flights.values.contains { flight in
            flight.isShort && (flight.quietSince.map { now - $0 < Self.quiet } ?? false)
        }
    }

    /// The factor on `quiet`: an operation that was quiet, but is a suspect again, must be quiet for longer.
    private func caution(towards operation: Fingerprint) -> Int {
        1 << min(max(0, (records[operation]?.coincidences ?? 1) - 1), 8)
    }

    private func fullQuiet(_ operation: Fingerprint) -> Duration {
        min(Self.quiet * caution(towards: operation), Self.trust)
    }

    private func shortQuiet(_ operation: Fingerprint) -> Duration { Self.share * caution(towards: operation) / crowd }

    private mutating func forget(_ operation: Fingerprint, at now: Duration) {
        guard let record = records[operation] else { return }
        if now - max(record.last, record.refusedUntil) > Self.memory * (1 + record.sentences) {
            records[operation] = nil
        }
    }

    /// Removes the oldest record; those with a running sentence go last.
    private mutating func makeRoom() {
        guard records.count > Self.capacity else { return }
        let oldest = records.min {
            max($0.value.last, $0.value.refusedUntil) < max($1.value.last, $1.value.refusedUntil)
        }
        if let oldest { records[oldest.key] = nil }
    }
}
