internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// Runs clients' queries and mutations on the upstream session, a bounded number at a time.
///
/// Shared by all shards; none of them waits for it.
final class QueryRunner: Sendable {
    /// How long a query may run, from when it has a place.
    static let timeout = Duration.seconds(15)

    /// How many queries may run, and how many may wait for how long.
    struct Limits {
        var running = 100
        var waiting = 100
        var wait = Duration.seconds(5)
        var timeout = QueryRunner.timeout

        /// The longest time from a query's arrival to its answer.
        var longest: Duration { timeout + (waiting > 0 ? wait : .zero) }
    }

    /// Everything that one lock protects.
    private struct Book {
        var places: QueryQuota
        var waiting: [UInt64: QueryTicket] = [:]
        var deadlines: [UInt64: (due: Duration, ticket: QueryTicket)] = [:]
        var lastNumber: UInt64 = 0
        var isTicking = false
    }

    /// How often deadlines are checked: one timer serves all of them.
    private static let grain = Duration.milliseconds(100)

    let session: PermanentSession
    let statistics: Statistics
    let limits: Limits
    let budget: AnswerBudget
    let needsLink: Bool
    let guardian: TopicRunner?
    private let loop: EventLoop
    private let book: Mutex<Book>
    /// How many operations run whose last answer hasn't come from the server.
    private let unanswered = Atomic(0)

    /// - Parameters:
    ///   - loop: The loop of the timer that checks deadlines.
    ///   - needsLink: False when the session sends queries to an HTTP endpoint.
    ///   - guardian: Keeps an operation from breaking one link after the other; see `Quarantine`.
    init(
        on session: PermanentSession,
        loop: EventLoop,
        statistics: Statistics,
        limits: Limits = Limits(),
        budget: AnswerBudget = AnswerBudget(AnswerLimits()),
        needsLink: Bool = true,
        guardian: TopicRunner? = nil
    ) {
        self.session = session
        self.loop = loop
        self.statistics = statistics
        self.limits = limits
        self.budget = budget
        self.needsLink = needsLink
        self.guardian = guardian
        book = Mutex(Book(places: QueryQuota(limit: limits.running, waiting: limits.waiting)))
    }

    /// How many operations run, have answers to send, or wait for a place.
    var running: Int { book.withLock { $0.places.taken + $0.places.waitingCount } }

    /// How many wait for a place, or for the server.
    var awaited: Int { unanswered.load(ordering: .relaxed) + waiting }

    /// How many wait for a place.
    var waiting: Int { book.withLock { $0.places.waitingCount } }

    /// Runs an operation and delivers its answers, at once or later, on any thread.
    ///
    /// There is one answer. An incremental operation has `part`s and an `end`, or a failure in its place. An operation
    /// keeps its place until its last answer is released. After `cancel` there may be no answer.
    @discardableResult
    func run(
        _ operation: ExecutableOperation,
        from network: ClientNetwork,
        _ deliver: @escaping @Sendable (Answer) -> Void
    ) -> QueryTicket {
        let (number, entry, ticket) = book.withLock { book in
            book.lastNumber += 1
            let ticket = QueryTicket(book.lastNumber, operation, from: network, by: self, deliver: deliver)
            guard isAvailable else { return (book.lastNumber, nil as QueryQuota.Entry?, ticket) }
            let entry = book.places.enter(book.lastNumber, of: network)
            if entry == .waits { book.waiting[book.lastNumber] = ticket }
            return (book.lastNumber, entry, ticket)
        }
        switch entry {
        case nil:
            deliver(Answer(.failure(unavailable)))
        case .taken?:
            start(ticket)
        case .waits?:
            setDeadline(of: ticket, after: limits.wait, onlyIfWaiting: number)
        case .refused?:
            refuse(ticket)
        }
        return ticket
    }

    private var isAvailable: Bool {
        !statistics.isDraining.load(ordering: .relaxed)
            && (!needsLink || statistics.isUpstreamLive.load(ordering: .relaxed))
    }

    /// Why no operation can run now.
    var unavailable: RelayFailure {
        statistics.isDraining.load(ordering: .relaxed)
            ? RelayFailure(.shuttingDown, "the relay is shutting down")
            : RelayFailure(.unavailable, "the upstream is not connected")
    }

    private func refuse(_ ticket: QueryTicket) {
        statistics.refusedExecutions.add(1, ordering: .relaxed)
        let kind = ticket.operation.kind == .mutation ? "mutations" : "queries"
        let note = ticket.operation.kind == .mutation ? ": the mutation was not executed" : ""
        ticket.deliver(Answer(.failure(RelayFailure(.tooManyRequests, "too many \(kind) at a time\(note)"))))
    }

    private func start(_ ticket: QueryTicket) {
        statistics.executions.add(1, ordering: .relaxed)
        let place = QueryPlace(of: ticket.network, in: self)
        // The task prefers a loop, since Swift's shared pool may be blocked for ever.
        unanswered.add(1, ordering: .relaxed)
        ticket.started(
            Task(executorPreference: loop) {
                let begin = EventLoop.now
                await self.answer(ticket, place)
                self.statistics.executionTime.record(EventLoop.now - begin)
                self.unanswered.subtract(1, ordering: .relaxed)
            }
        )
    }

    /// Frees a place, and starts the operation that gets it.
    func leave(_ network: ClientNetwork) {
        statistics.executions.subtract(1, ordering: .relaxed)
        let next = book.withLock { book -> QueryTicket? in
            guard let number = book.places.leave(network) else { return nil }
            book.deadlines[number] = nil
            return book.waiting.removeValue(forKey: number)
        }
        if let next { start(next) }
    }

    /// Takes an operation out of the line; false when it doesn't wait.
    func withdraw(_ ticket: QueryTicket) -> Bool {
        book.withLock { book in
            guard book.places.withdraw(ticket.number) else { return false }
            book.waiting[ticket.number] = nil
            book.deadlines[ticket.number] = nil
            return true
        }
    }

    // Time.

    /// Sets the time within which an operation's next answer must come.
    func setDeadline(of ticket: QueryTicket, after time: Duration) {
        setDeadline(of: ticket, after: time, onlyIfWaiting: nil)
    }

    private func setDeadline(of ticket: QueryTicket, after time: Duration, onlyIfWaiting number: UInt64?) {
        let due = EventLoop.now + time
        let mustStart = book.withLock { book in
            // It may have got a place meanwhile.
            if let number, book.waiting[number] == nil { return false }
            book.deadlines[ticket.number] = (due, ticket)
            defer { book.isTicking = true }
            return !book.isTicking
        }
        if mustStart { loop.execute { [self] in startTicking() } }
    }

    /// Removes the deadline: no further answer is awaited.
    func clearDeadline(of ticket: QueryTicket) { book.withLock { $0.deadlines[ticket.number] = nil } }

    private func startTicking() {
        let box = TimerBox()
        let timer = LoopTimer(on: loop) { [self] in
            if tick() { box.timer?.start(after: Self.grain) } else { box.close() }
        }
        box.timer = timer
        timer.start(after: Self.grain)
    }

    /// Ends overdue operations; false when no deadline is left.
    private func tick() -> Bool {
        let now = EventLoop.now
        let (late, refused, goesOn) = book.withLock { book in
            let due = book.deadlines.values.filter { $0.due <= now }.map(\.ticket)
            var refused: [QueryTicket] = []
            for ticket in due {
                book.deadlines[ticket.number] = nil
                if book.places.withdraw(ticket.number) {
                    book.waiting[ticket.number] = nil
                    refused.append(ticket)
                }
            }
            let late = due.filter { ticket in !refused.contains { $0 === ticket } }
            book.isTicking = !book.deadlines.isEmpty
            return (late, refused, book.isTicking)
        }
        for ticket in refused {
            ticket.finish()
            refuse(ticket)
        }
        for ticket in late { ticket.expire() }
        return goesOn
    }

    /// Lets the closure of a timer close the timer.
    private final class TimerBox {
        var timer: LoopTimer?

        func close() {
            timer?.close()
            timer = nil
        }
    }
}
