#if Cluster
internal import DequeModule
internal import EventLog
internal import NATSLink
internal import WebSockets

/// One partition of a group's log: does over NATS what a `LogMember` asks for.
///
/// It is used on its loop's thread only. What happens is told in order; a call may tell it before it returns.
final class PartitionLog {
    /// What is told to its owner.
    enum Event {
        /// This has happened, in the order in which everybody reads it.
        case told([LogUpdate])
        /// Messages were read, whatever they told.
        case heard
        /// All is told that the log had.
        case ready
        /// The log isn't what was read; what is told from here on begins anew.
        case rewound
        case won(term: UInt64)
        case lost
        case demoted(LogWriter.Demotion)
        /// The successor didn't come, so that this relay leads on.
        case resumed
        /// There is no such stream.
        case absent
    }

    let number: Int
    let stream: StreamConfiguration
    private(set) var member: LogMember
    /// When the newest message came.
    private(set) var heard: Duration
    /// How many bytes of messages came.
    private var readBytes = 0
    private var renewal: LogRenewal
    private let link: NATSLink
    private let subjects: (log: NATSSubject, out: NATSSubject)
    private let timing: LogTiming
    private let linger: Duration
    private let report: (Event) -> Void
    private var timer: LoopTimer?
    private var lingerTimer: LoopTimer?
    private var lingering: [(TopicHash, TopicEntry)] = []
    private var subscription: Int?
    private var actions: Deque<LogMember.Action> = []
    private var told: [LogUpdate] = []
    private var isPerforming = false
    private var hasHeard = false

    /// How many bytes of messages are fetched by one request.
    private static let fetchedBytes = 8 << 20

    init(
        number: Int,
        stream: StreamConfiguration,
        subjects: (log: NATSSubject, out: NATSSubject),
        member: LogMember,
        timing: LogTiming,
        linger: Duration,
        link: NATSLink,
        report: @escaping (Event) -> Void
    ) {
        self.number = number
        self.stream = stream
        self.subjects = subjects
        self.member = member
        self.timing = timing
        self.linger = linger
        self.link = link
        self.report = report
        heard = EventLoop.now
        renewal = LogRenewal(
            bytes: stream.maximumBytes,
            age: stream.maximumAge ?? .seconds(3600),
            now: EventLoop.now
        )
    }

    /// Begins to read, and to lead in its turn.
    func start(on loop: EventLoop) {
        timer = LoopTimer(on: loop) { [weak self] in self?.tick() }
        lingerTimer = LoopTimer(on: loop) { [weak self] in self?.flush() }
        subscription = link.subscribe(to: subjects.out) { [weak self] in self?.take($0) }
        tick()
    }

    func stop() {
        timer?.close()
        lingerTimer?.close()
        (timer, lingerTimer) = (nil, nil)
        if let subscription { link.unsubscribe(subscription) }
        subscription = nil
    }

    /// There is a new connection.
    func reconnected() { run { $0.reconnected(time: $1, now: $2) } }

    func set(rank: Int, mayLead: Bool) {
        member.set(rank: rank)
        member.set(mayLead: mayLead)
        tick()
    }

    /// Has entries appended, in order; nothing happens unless this relay leads.
    func append(_ entries: [(TopicHash, TopicEntry)]) {
        guard linger > .zero else { return run { $0.append(entries, time: $1, now: $2) } }
        if lingering.isEmpty { lingerTimer?.start(after: linger) }
        lingering += entries
    }

    private func flush() {
        let entries = lingering
        lingering = []
        run { $0.append(entries, time: $1, now: $2) }
    }

    /// Leaves the log to a relay that is ready to lead.
    func handOver(to successor: String) {
        flush()
        run { $0.handOver(to: successor, time: $1, now: $2) }
    }

    /// Says again what the log's limits will pass, if this relay leads.
    func renew() {
        let due = renewal.due(position: member.reader.head, bytes: readBytes, now: EventLoop.now)
        guard let due, member.writer.isLeader else { return }
        // A checkpoint is of the place that a topic has when it is taken, so that nothing may wait before it.
        flush()
        run { $0.announce(time: $1, now: $2) }
        guard let position = due.through else { return }
        let places = member.writer.places
        // Of what waits to be appended the state doesn't know yet, and there will be something new.
        let quiet = member.state.checkpoints(through: position).filter { topic, _ in
            member.state.topics[topic]?.place == places[topic]
        }
        run { $0.append(quiet.map { ($0.topic, .checkpoint($0.checkpoint)) }, time: $1, now: $2) }
    }

    private func tick() { run { $0.tick(time: $1, now: $2) } }

    private func take(_ delivery: NATSDelivery) {
        // What was missed shows in the numbers of what follows, or by silence.
        guard case .messages(let messages) = delivery else { return }
        for message in messages {
            guard let sequence = message.headers.sequence else { continue }
            readBytes += message.payload.count
            member(does: { $0.published(message.payload, at: sequence, time: $1, now: $2) })
        }
        perform()
    }

    private func run(_ call: (inout LogMember, _ time: UInt64, _ now: Duration) -> [LogMember.Action]) {
        member(does: call)
        perform()
    }

    private func member(does call: (inout LogMember, _ time: UInt64, _ now: Duration) -> [LogMember.Action]) {
        let head = member.reader.head
        let now = EventLoop.now
        actions += call(&member, WallTime.now, now)
        guard member.reader.head != head else { return }
        heard = now
        hasHeard = true
    }

    /// Does what the member asks for; a call of its owner in between only adds to it.
    private func perform() {
        guard !isPerforming else { return }
        isPerforming = true
        while let action = actions.popFirst() { perform(action) }
        tellTold()
        if hasHeard {
            hasHeard = false
            report(.heard)
        }
        isPerforming = false
        // What was told may have had consequences.
        guard actions.isEmpty else { return perform() }
        timer?.start(after: max(.zero, member.deadline - EventLoop.now))
    }

    private func tellTold() {
        guard !told.isEmpty else { return }
        let updates = told
        told = []
        report(.told(updates))
    }

    private func tell(_ event: Event) {
        tellTold()
        report(event)
    }

    private func perform(_ action: LogMember.Action) {
        switch action {
        case .append(let bytes, let sequence, let append): self.append(bytes, after: sequence, append)
        case .read(let sequence): read(sequence)
        case .fetch(let first, 1): fetch(first)
        case .fetch(let first, let count): fetch(first, count)
        case .askBounds(let question): askBounds(question)
        case .tell(let updates): told += updates
        case .ready: tell(.ready)
        case .rewound: tell(.rewound)
        case .won(let term): tell(.won(term: term))
        case .lost: tell(.lost)
        case .demoted(let reason):
            // It isn't for a later term.
            lingering = []
            tell(.demoted(reason))
        case .resumed: tell(.resumed)
        }
    }

    private func append(_ bytes: [UInt8], after sequence: UInt64, _ append: UInt64) {
        link.append(bytes, to: subjects.log, of: stream.name, after: sequence, within: timing.answer) {
            [weak self] outcome in
            self?.run { member, time, now in
                switch outcome {
                case .stored(let sequence): member.acknowledged(sequence, of: append, time: time, now: now)
                case .conflict: member.refused(of: append, now: now)
                case .unavailable, .rejected, .refused, .unknown: member.failed(of: append, now: now)
                }
            }
        }
    }

    private func read(_ sequence: UInt64) {
        link.get(.sequence(sequence), of: stream.name, within: timing.answer) { [weak self] answer in
            self?.run { member, time, now in
                guard case .message(let message, _) = answer, message.sequence == sequence else {
                    return member.missing(sequence, now: now)
                }
                return member.found(message.payload, at: sequence, time: time, now: now)
            }
        }
    }

    private func fetch(_ sequence: UInt64) {
        link.get(.sequence(sequence), of: stream.name, within: timing.answer) { [weak self] answer in
            self?.run { member, time, now in
                switch answer {
                case .message(let message, _):
                    member.fetched(message.payload, at: message.sequence, time: time, now: now)
                case .missing, .end: member.ended(from: sequence, .missing, time: time, now: now)
                case .failure: member.ended(from: sequence, .failed, time: time, now: now)
                }
            }
        }
    }

    private func fetch(_ first: UInt64, _ count: Int) {
        let question = DirectGet.batch(from: first, count: count, bytes: Self.fetchedBytes)
        link.get(question, of: stream.name, within: timing.answer) { [weak self] answer in
            self?.run { member, time, now in
                switch answer {
                case .message(let message, let isLast):
                    let actions = member.fetched(message.payload, at: message.sequence, time: time, now: now)
                    return actions + (isLast ? member.ended(from: first, .complete, time: time, now: now) : [])
                case .end: return member.ended(from: first, .complete, time: time, now: now)
                case .missing: return member.ended(from: first, .missing, time: time, now: now)
                case .failure: return member.ended(from: first, .failed, time: time, now: now)
                }
            }
        }
    }

    private func askBounds(_ question: UInt64) {
        link.askForStream(stream.name, within: timing.answer) { [weak self] answer in
            var isAbsent = false
            self?.run { member, time, now in
                switch answer {
                case .success(let info):
                    return member.bounds(
                        first: info.firstSequence,
                        last: info.lastSequence,
                        for: question,
                        time: time,
                        now: now
                    )
                case .failure(let failure):
                    isAbsent = failure.isAbsence
                    member.noBounds(for: question, now: now)
                    return []
                }
            }
            if isAbsent { self?.tell(.absent) }
        }
    }
}
#endif
