internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// Runs clients' queries and mutations on the upstream session, a bounded number at a time.
///
/// Shared by all shards; none of them waits for it.
final class QueryRunner: Sendable {
    /// How long a client waits for its answer, from when it has a place.
    static let timeout = Duration.seconds(15)

    /// How many run, and how many wait for how long until they may.
    struct Limits {
        var running = 100
        var waiting = 100
        var wait = Duration.seconds(5)
        var timeout = QueryRunner.timeout

        /// The longest that a query may take from its coming on.
        var longest: Duration { timeout + (waiting > 0 ? wait : .zero) }
    }

    /// Everything that is counted under one lock.
    private struct Book {
        var places: QueryQuota
        var waiting: [UInt64: QueryTicket] = [:]
        var deadlines: [UInt64: (due: Duration, ticket: QueryTicket)] = [:]
        var lastNumber: UInt64 = 0
        var isTicking = false
    }

    /// How often deadlines are looked at, so that many cost one timer.
    private static let grain = Duration.milliseconds(100)

    let session: PermanentSession
    let statistics: Statistics
    let limits: Limits
    let budget: AnswerBudget
    let needsLink: Bool
    let guardian: TopicRunner?
    private let loop: EventLoop
    private let book: Mutex<Book>
    /// How many have a place, and not all of their answers from the server.
    private let unanswered = Atomic(0)

    /// - Parameters:
    ///   - loop: Where its deadlines are kept.
    ///   - needsLink: False when the session has an HTTP endpoint for queries.
    ///   - guardian: What keeps an operation from breaking one link after the other.
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

    /// How many queries run, have answers that aren't out, or wait.
    var running: Int { book.withLock { $0.places.taken + $0.places.waitingCount } }

    /// How many wait for a place, or for what the server says.
    var awaited: Int { unanswered.load(ordering: .relaxed) + waiting }

    /// How many wait for a place.
    var waiting: Int { book.withLock { $0.places.waitingCount } }

    /// Runs an operation and hands its answers over, now or later, on any thread.
    ///
    /// One answer, or, of an incremental operation, `part`s and an `end`, or a failure at last. An operation keeps its
    /// place until the last of its answers is let go of. After a cancel none may come.
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

    /// Why nothing can be run.
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
        // Not the shared pool, which may be busy for ever.
        unanswered.add(1, ordering: .relaxed)
        ticket.started(
            Task(executorPreference: loop) {
                await self.answer(ticket, place)
                self.unanswered.subtract(1, ordering: .relaxed)
            }
        )
    }

    /// A place is free.
    func leave(_ network: ClientNetwork) {
        statistics.executions.subtract(1, ordering: .relaxed)
        let next = book.withLock { book -> QueryTicket? in
            guard let number = book.places.leave(network) else { return nil }
            book.deadlines[number] = nil
            return book.waiting.removeValue(forKey: number)
        }
        if let next { start(next) }
    }

    /// Takes one that waits out of the line; false for one that doesn't wait.
    func withdraw(_ ticket: QueryTicket) -> Bool {
        book.withLock { book in
            guard book.places.withdraw(ticket.number) else { return false }
            book.waiting[ticket.number] = nil
            book.deadlines[ticket.number] = nil
            return true
        }
    }

    // Time.

    /// An operation's next answer must come within a time.
    func setDeadline(of ticket: QueryTicket, after time: Duration) {
        setDeadline(of: ticket, after: time, onlyIfWaiting: nil)
    }

    private func setDeadline(of ticket: QueryTicket, after time: Duration, onlyIfWaiting number: UInt64?) {
        let due = EventLoop.now + time
        let mustStart = book.withLock { book in
            // It may have got its place meanwhile.
            if let number, book.waiting[number] == nil { return false }
            book.deadlines[ticket.number] = (due, ticket)
            defer { book.isTicking = true }
            return !book.isTicking
        }
        if mustStart { loop.execute { [self] in startTicking() } }
    }

    /// Nothing more is awaited.
    func clearDeadline(of ticket: QueryTicket) { book.withLock { $0.deadlines[ticket.number] = nil } }

    private func startTicking() {
        let box = TimerBox()
        let timer = LoopTimer(on: loop) { [self] in
            if tick() { box.timer?.start(after: Self.grain) } else { box.close() }
        }
        box.timer = timer
        timer.start(after: Self.grain)
    }

    /// Ends what is overdue; false when nothing is left to watch.
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

    /// Lets a timer be closed by what it runs.
    private final class TimerBox {
        var timer: LoopTimer?

        func close() {
            timer?.close()
            timer = nil
        }
    }
}
