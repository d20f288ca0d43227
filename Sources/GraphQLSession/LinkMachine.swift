internal import Backoffs
internal import GraphQLTransport

/// The life of a session's links, one after the other, without I/O: dial, acknowledge, keep alive, lose, wait, again.
///
/// A value held by the session's actor. Time comes in as `now`, chance as a generator; every call returns the one
/// thing to do. Only one link exists at a time, and what a former one still says is not let in here: the session
/// drops its socket first (D4). A link that closes before the acknowledgement is lost like any other (D1).
///
/// A link earns a fresh budget by staying for `stableAfter`, not by its acknowledgement: one that closes sooner is a
/// failed attempt, after which the waits go on growing and the tries are spent.
struct LinkMachine {
    private enum State {
        /// Can transition to: dialling, over.
        case idle
        /// Resolving, connecting, upgrading. Can transition to: awaitingAck, waiting, over.
        case dialling(until: Duration)
        /// `connection_init` was sent. Can transition to: live, waiting, over.
        case awaitingAck(ClientMachine, until: Duration, KeepAlive)
        /// Operations run. Can transition to: waiting, over.
        case live(ClientMachine, KeepAlive)
        /// The back-off's pause. Can transition to: dialling, over.
        case waiting(until: Duration)
        case over

        /// Changes the machine of an open link in place; nil when there is none.
        ///
        /// It is taken out meanwhile, or else every change of its ids would copy them.
        @discardableResult
        mutating func withLink<Result>(_ change: (inout ClientMachine, inout KeepAlive) -> Result) -> Result? {
            switch consume self {
            case .awaitingAck(var machine, let until, var keepAlive):
                let result = change(&machine, &keepAlive)
                self = .awaitingAck(machine, until: until, keepAlive)
                return result
            case .live(var machine, var keepAlive):
                let result = change(&machine, &keepAlive)
                self = .live(machine, keepAlive)
                return result
            case .idle: self = .idle
            case .dialling(let until): self = .dialling(until: until)
            case .waiting(let until): self = .waiting(until: until)
            case .over: self = .over
            }
            return nil
        }
    }

    /// What the session has to do.
    enum Action: Equatable {
        case none
        /// A message was ignored; the reply is sent all the same.
        case ignored(reply: [UInt8]?)
        case dial
        case send([UInt8])
        case probe
        case acknowledged
        case next(id: UInt64, payload: Range<Int>)
        case failed(id: UInt64, errors: Range<Int>)
        case completed(id: UInt64)
        /// What the server sent for an operation is no result, which ends it; the reply tells the server.
        case misfit(id: UInt64, Misfit, reply: [UInt8]?)
        /// The link is gone: let go of its socket, fail its operations; the next attempt follows by itself.
        case lost(LinkFailure, retryIn: Duration)
        /// The same, and no attempt follows.
        case ended(LinkFailure)
    }

    private let configuration: SessionConfiguration
    private var schedule: BackoffSchedule
    private var state = State.idle
    /// Whether the attempt that is made next, or was made last, followed a refusal of credentials at once.
    private var cameAtOnce = false
    /// Counts acknowledged links from 1.
    private(set) var generation: UInt64 = 0
    /// Counts attempts since the last link that stayed, from 1.
    private(set) var attempt = 0
    /// When the link that is live was acknowledged.
    private var liveSince = Duration.zero
    /// Whether the server of the link that is live numbers events.
    private(set) var hasTokens = false
    /// What the server was asked, and when, until the answer is there.
    private var question: (kind: Question, time: Duration)?
    /// How long the server took for its newest answer, until that is taken.
    private var roundTrip: Duration?

    /// What is asked by the link itself, and so has an answer of its own.
    private enum Question {
        case initialisation
        /// A ping of the protocol's.
        case message
        /// A ping frame.
        case frame
    }

    init(_ configuration: SessionConfiguration, now: Duration) {
        self.configuration = configuration
        schedule = BackoffSchedule(configuration.retryConnect, startingAt: now)
    }

    /// True while operations can be sent.
    var isLive: Bool {
        if case .live = state { true } else { false }
    }

    /// When `tick` is due; nil when nothing waits for time.
    var deadline: Duration? {
        switch state {
        case .idle, .over: nil
        case .dialling(let until), .waiting(let until): until
        case .awaitingAck(_, let until, let keepAlive): min(until, keepAlive.deadline ?? until)
        case .live(_, let keepAlive): keepAlive.deadline
        }
    }

    mutating func start(at now: Duration) -> Action {
        guard case .idle = state else { return .none }
        schedule.reset(at: now)
        return dial(at: now)
    }

    /// The upgrade is complete.
    mutating func opened(subprotocol: String?, initPayload: [UInt8]?, at now: Duration) -> Action {
        guard case .dialling = state else { return .none }
        guard let chosen = Subprotocol(answer: subprotocol, offered: configuration.subprotocols) else {
            return lose(.subprotocolRefused(chosen: subprotocol), at: now)
        }
        let payload = configuration.asksForTokens ? RelayMembers.asking(in: initPayload) : initPayload
        var machine = ClientMachine(chosen, initPayload: payload)
        let message = machine.opened()
        question = (.initialisation, now)
        let keepAlive = KeepAlive(
            interval: configuration.pingInterval,
            timeout: configuration.pongTimeout,
            now: now
        )
        state = .awaitingAck(machine, until: now + configuration.acknowledgementTimeout, keepAlive)
        return .send(message)
    }

    /// A message arrived on the link.
    mutating func received(_ bytes: Span<UInt8>, isText: Bool, at now: Duration) -> Action {
        received(bytes, isText ? .text : .binary, at: now)
    }

    /// A message that was too large to be kept has passed.
    mutating func skipped(_ sketch: MessageSketch?, at now: Duration) -> Action {
        received(Span<UInt8>(), .oversized(sketch), at: now)
    }

    private mutating func received(_ bytes: Span<UInt8>, _ form: MessageForm, at now: Duration) -> Action {
        // Before the acknowledgement there is a deadline anyhow.
        let timeout = isLive ? configuration.keepAliveTimeout : nil
        let action = state.withLink { machine, keepAlive in
            keepAlive.heard(at: now)
            let action = machine.receive(bytes, as: form)
            if machine.isKeptAlive, let timeout { keepAlive.feedWatchdog(timeout: timeout, at: now) }
            return action
        }
        guard let action else { return .none }
        guard case .acknowledged(let payload) = action, case .awaitingAck(let machine, _, let keepAlive) = state else {
            if case .pong = action { answered(.message, at: now) }
            return react(to: action, at: now)
        }
        answered(.initialisation, at: now)
        hasTokens = configuration.asksForTokens && RelayMembers.hasTokens(payload, in: bytes)
        generation += 1
        liveSince = now
        schedule.reportSuccess(at: now)
        state = .live(machine, keepAlive)
        return .acknowledged
    }

    /// A pong frame arrived.
    mutating func ponged(at now: Duration) {
        answered(.frame, at: now)
        state.withLink { $1.heard(at: now) }
    }

    /// A message that isn't whole yet came further.
    mutating func advanced(at now: Duration) {
        state.withLink { $1.advanced(at: now) }
    }

    /// The link or the attempt at one failed.
    mutating func failed(_ failure: LinkFailure, at now: Duration) -> Action {
        switch state {
        case .dialling, .awaitingAck, .live: lose(failure, at: now)
        case .idle, .waiting, .over: .none
        }
    }

    /// Time passed; `progress` says how far the dial has come, for the case that its time is over.
    mutating func tick(at now: Duration, whileDialling progress: String? = nil) -> Action {
        guard let deadline, now >= deadline else { return .none }
        switch state {
        case .idle, .over:
            return .none
        case .waiting:
            return dial(at: now)
        case .dialling:
            let reason = "no connection within \(configuration.connectTimeout)" + (progress.map { ": \($0)" } ?? "")
            return lose(.unreachable(reason: reason), at: now)
        case .awaitingAck(_, let until, _) where now >= until:
            return react(to: state.withLink { machine, _ in machine.acknowledgementTimedOut() } ?? .none, at: now)
        case .awaitingAck, .live:
            return act(on: state.withLink { $1.check(at: now) } ?? .fine, at: now)
        }
    }

    /// The message that starts an operation; nil while no link is live.
    mutating func subscribe(id: UInt64, _ request: GraphQLRequest) -> [UInt8]? {
        state.withLink { machine, _ in machine.subscribe(id: id, request) } ?? nil
    }

    /// The message that ends an operation; nil when it has ended or its link has.
    mutating func complete(id: UInt64) -> [UInt8]? {
        state.withLink { machine, _ in machine.complete(id: id) } ?? nil
    }

    /// Ends it for good; the answer is what a legacy server is told before the close.
    mutating func close() -> [UInt8]? {
        defer { state = .over }
        switch state {
        case .awaitingAck(let machine, _, _), .live(let machine, _): return machine.farewell()
        case .idle, .dialling, .waiting, .over: return nil
        }
    }

    /// How long the server took for an answer that has come since the last call; nil when none has.
    mutating func takeRoundTrip() -> Duration? { roundTrip.take() }

    private mutating func answered(_ kind: Question, at now: Duration) {
        guard let asked = question, asked.kind == kind else { return }
        question = nil
        roundTrip = now - asked.time
    }

    private mutating func dial(at now: Duration) -> Action {
        question = nil
        attempt += 1
        state = .dialling(until: now + configuration.connectTimeout)
        return .dial
    }

    private mutating func react(to action: ClientAction, at now: Duration) -> Action {
        switch action {
        case .none, .pong, .acknowledged: .none
        case .send(let message): .send(message)
        case .next(let id, let payload, _): .next(id: id, payload: payload)
        case .failed(let id, let errors): .failed(id: id, errors: errors)
        case .completed(let id): .completed(id: id)
        case .misfit(let id, let misfit, let reply): .misfit(id: id, misfit, reply: reply)
        case .ignored(let reply): .ignored(reply: reply)
        case .close(let code, let reason): lose(.dropped(code: code, reason: reason), at: now)
        }
    }

    private mutating func act(on verdict: KeepAlive.Verdict, at now: Duration) -> Action {
        switch verdict {
        case .fine: return .none
        case .lost:
            let silence = "no sign of life within \(configuration.pongTimeout) of a ping"
            return lose(.dropped(code: .terminated, reason: silence), at: now)
        case .quiet:
            let silence = "no message within \(configuration.keepAliveTimeout ?? .zero), though the server sends ka"
            return lose(.dropped(code: .terminated, reason: silence), at: now)
        case .probe:
            return probe(at: now)
        }
    }

    private mutating func probe(at now: Duration) -> Action {
        let ping: [UInt8]?
        switch state {
        // The legacy subprotocol has no ping of its own.
        case .awaitingAck(let machine, _, _), .live(let machine, _):
            ping = configuration.probe == .graphQL ? machine.ping() : nil
        case .idle, .dialling, .waiting, .over: return .none
        }
        // The acknowledgement is still to come, and tells as much.
        if isLive { question = (ping == nil ? .frame : .message, now) }
        return ping.map(Action.send) ?? .probe
    }

    private mutating func lose(_ failure: LinkFailure, at now: Duration) -> Action {
        let hasStayed = isLive && now - liveSince >= configuration.stableAfter
        let code = failure.refusal
        let isFatal = code.map { self.isFatal($0) } ?? false
        // What was fresh for a link may have run out while it stayed; an attempt brings fresh ones along anyhow.
        // A link that such an attempt brought must have lasted, however little is asked of a stable one.
        let hasOneAttempt =
            isFatal && hasStayed && code?.refusesCredentials == true
            && !(cameAtOnce && now - liveSince < Self.shortestStay)
        cameAtOnce = hasOneAttempt
        guard configuration.reconnects, !isFatal || hasOneAttempt || configuration.fatalPause != nil else {
            state = .over
            return .ended(failure)
        }
        if hasStayed { attempt = 0 }
        // A budget begins with the outage, not with the link that ran for hours before it; the loss is no failed try.
        switch hasStayed ? schedule.lost(failure, at: now) : schedule.failed(failure, at: now) {
        case .retry(let backoff):
            let regular = hasOneAttempt ? .zero : isFatal ? configuration.fatalPause ?? backoff : pace(backoff, at: now)
            let wait = max(regular, wait(askedBy: failure))
            state = .waiting(until: now + wait)
            return .lost(failure, retryIn: wait)
        case .giveUp:
            state = .over
            return .ended(failure)
        }
    }

    /// Whether the same attempt would meet the same answer.
    ///
    /// A server that had acknowledged the link closes it for something that was sent since, which may be one operation
    /// among many: that is no reason to keep the others waiting, unless it is the credentials that it refuses.
    private func isFatal(_ code: CloseCode) -> Bool {
        guard configuration.closeCodes[code] == .fatal else { return false }
        return !isLive || code.refusesCredentials || configuration.closeCodes.isChosen(code)
    }

    /// A link that was short-lived isn't followed by the next one at once, though it may count as stable.
    private func pace(_ wait: Duration, at now: Duration) -> Duration {
        isLive && now - liveSince < Self.shortestStay ? max(wait, Self.shortestWait) : wait
    }

    private static let shortestStay = Duration.seconds(1)
    private static let shortestWait = Duration.milliseconds(5)

    /// How long a server wants to be left alone, bounded, and spread so that its clients don't return in one moment.
    ///
    /// A back-off that follows hints does so by rules of its own.
    private func wait(askedBy failure: LinkFailure) -> Duration {
        guard configuration.retryConnect.hint == nil, let asked = failure.retryAfter, asked > .zero else {
            return .zero
        }
        let wait = min(asked, Self.longestAskedWait)
        return wait + max(.seconds(1), wait / 10) * Double.random(in: 0...1)
    }

    /// What a server may ask for at most.
    private static let longestAskedWait = Duration.seconds(3_600)
}
