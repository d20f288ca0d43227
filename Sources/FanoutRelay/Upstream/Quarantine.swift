/// Finds the client's operation that makes the server end the link, and refuses it for a while.
///
/// Pure: time is a value, and the owner does what it says. An operation that was sent and not answered when the link
/// was lost becomes a suspect. Suspects are sent anew one at a time; nothing that is as unproven is sent beside one. If
/// the link is lost then too, the suspect is sentenced: two links at most, and nobody is refused for a single outage.
/// An operation is proven when the server says anything to it, or says nothing for a while and still answers.
///
/// Many suspects of one outage share the time for that, so that the last one waits seconds, not minutes. Operations
/// that break the link only after such a share are found by further links.
struct Quarantine {
    /// One try to send an operation.
    typealias Sending = UInt64

    /// Whether an operation may be sent.
    enum Admission: Equatable {
        case go
        /// `turns` says when.
        case wait
        case refused(Duration)
    }

    /// What a loss of the link means for a sending.
    enum Fate: Equatable {
        /// It had been there for so long that the link wasn't lost by it.
        case innocent
        case suspect
        case sentenced(Duration)
    }

    /// How long a suspect that is sent alone must stay unanswered to be proven.
    static let quiet = Duration.seconds(2)
    /// The time that all suspects of an outage share, where that leaves less for each.
    static let share = Duration.seconds(4)
    /// After so long on one link an operation isn't what the link was lost by.
    static let trust = Duration.seconds(10)
    /// The first sentence, doubled by each further one, and the longest.
    static let sentence = Duration.seconds(30)
    static let longestSentence = Duration.seconds(3_600)
    /// How long an operation is remembered after its last coincidence, or the end of its sentence.
    static let memory = Duration.seconds(600)
    /// How many operations are remembered.
    static let capacity = 1_000

    private struct Record {
        var isSuspect = true
        var coincidences = 1
        var sentences = 0
        var refusedUntil = Duration.zero
        var last: Duration

        /// How long it is still refused; nil when it isn't.
        func refused(at now: Duration) -> Duration? { refusedUntil > now ? refusedUntil - now : nil }
    }

    private struct Flight {
        let operation: Fingerprint
        /// When it was sent; nil while it waits for a link.
        var since: Duration?
        /// When its turn ended, though it wasn't answered.
        var quietSince: Duration?
        /// True when its turn was shorter than it should be, since many others waited.
        var isShort: Bool { quietSince.flatMap { end in since.map { end - $0 < Quarantine.quiet } } ?? false }
        /// True when nobody waits for its answer any more.
        var isAbandoned = false
    }

    /// Those who are being proven: one suspect, or all who came meanwhile.
    private struct Turn {
        var members: Set<Sending>
        let isLone: Bool
        var isProbed = false
    }

    private typealias Waiting = (sending: Sending, operation: Fingerprint)

    private var records: [Fingerprint: Record] = [:]
    /// What is on the link, or about to be, and wasn't answered.
    private var flights: [Sending: Flight] = [:]
    private var suspects: [Waiting] = []
    private var newcomers: [Waiting] = []
    /// Most suspects that waited since the last time that there was none.
    private var crowd = 1
    private var turn: Turn?
    /// When an operation was last lost that had been proven by being quiet a moment before.
    private var recentLoss: Duration?
    private var count: Sending = 0

    init() {}

    /// How many operations are remembered now.
    var size: Int { records.count }

    /// The sending that is being tried alone and was sent; a question behind it shows whether the server still answers.
    var lone: Sending? {
        guard let turn, turn.isLone, let member = turn.members.first, flights[member]?.since != nil else { return nil }
        return member
    }

    /// When the turn ends though nothing happens; nil for never.
    var due: Duration? {
        guard let turn else { return nil }
        var end = Duration.zero
        for member in turn.members {
            // It ends some time after they are all on the link.
            guard let flight = flights[member] else { continue }
            guard let since = flight.since else { return nil }
            let full = fullQuiet(flight.operation)
            let isProven = turn.isProbed || !turn.isLone
            end = max(end, since + (isProven ? min(full, shortQuiet(flight.operation)) : full))
        }
        return end
    }

    /// Somebody wants to send an operation.
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

    /// Whether one that had leave to go still has, now that there is a link; one that hasn't has to enter again.
    ///
    /// The link before may have been lost by its like.
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

    /// It is on the link.
    mutating func sent(_ sending: Sending, at now: Duration) { flights[sending]?.since = now }

    /// The server said something to it.
    mutating func answered(_ sending: Sending) {
        guard let flight = flights.removeValue(forKey: sending) else { return }
        records[flight.operation] = nil
        turn?.members.remove(sending)
    }

    /// Whether the server has said something to a sending that was on the link.
    func wasAnswered(_ sending: Sending) -> Bool { flights[sending] == nil }

    /// The server answered what was asked behind the lone suspect.
    mutating func probed() { turn?.isProbed = true }

    /// Nobody waits for it any more; the link may yet be lost by it.
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

    /// What nobody waits for is let go of after a while; what is on trial stays until the end of its turn.
    private mutating func forgetAbandoned(at now: Duration) {
        for (sending, flight) in flights where flight.isAbandoned && turn?.members.contains(sending) != true {
            guard now - (flight.since ?? now) >= Self.quiet else { continue }
            flights[sending] = nil
        }
    }

    /// The link that it was sent on is lost.
    mutating func lost(_ sending: Sending, at now: Duration) -> Fate {
        guard let flight = flights.removeValue(forKey: sending) else { return .innocent }
        let turn = turn
        self.turn?.members.remove(sending)
        guard let since = flight.since, now - since < Self.trust else { return .innocent }
        if flight.isShort, let end = flight.quietSince, now - end < Self.quiet { recentLoss = now }
        var record = records[flight.operation] ?? Record(coincidences: 0, last: now)
        // All who sent the same learn of the same loss.
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

    /// The link is lost: those whom nobody waits for become suspects too.
    mutating func lostLink(at now: Duration) {
        for (sending, flight) in flights where flight.isAbandoned { _ = lost(sending, at: now) }
    }

    /// Who may be sent now, and who not; to be asked after everything that happens, and when it is due.
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
            // What isn't proven on the link yet must be, before one goes alone.
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

    /// Looks at what has become meanwhile of the operations that wait; returns those that are refused.
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

    /// Whether something had so short a turn, and so short ago, that it may be what the link was lost by.
    private func hasRecent(at now: Duration) -> Bool {
        if let recentLoss, now - recentLoss < .seconds(1) { return true }
        return flights.values.contains { flight in
            flight.isShort && (flight.quietSince.map { now - $0 < Self.quiet } ?? false)
        }
    }

    /// Who was quiet and still is a suspect must be quiet for longer.
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

    /// The one that was heard of longest ago goes; a sentence that runs is kept as long as there are others.
    private mutating func makeRoom() {
        guard records.count > Self.capacity else { return }
        let oldest = records.min {
            max($0.value.last, $0.value.refusedUntil) < max($1.value.last, $1.value.refusedUntil)
        }
        if let oldest { records[oldest.key] = nil }
    }
}
