internal import AccessTokens
internal import GraphQLSession
internal import Logging
internal import Synchronization
internal import WebSockets
internal import Wire

/// Fetches the key set of an issuer on the upstream loop, and publishes it to all who verify tokens.
///
/// There is one for the process, so that a flood of tokens with invented keys on all shards is one fetch in half a
/// minute for the issuer.
actor KeySetFetcher: LoopActor {
    let loop: EventLoop
    private let location: KeySetLocation
    private let proxies: ProxyEnvironment
    private let logger: Logger
    private let publish: @Sendable ([VerificationKey]) -> Void
    /// Whether tokens are verified with the keys of another place until this one's are there.
    private let followsAnother: Bool
    nonisolated let statistics = KeySetStatistics()
    /// Shards ask it on their own threads.
    private let schedule: Mutex<KeySetSchedule>
    private var client: HTTPClient?
    private var timer: LoopTimer?
    /// The text of the set in use: an equal one changes nothing, and tokens that were found good stay known.
    private var current: [UInt8] = []
    private var isOver = false
    /// Who waits for the end of a fetch, by number.
    private var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    /// Who waits until when, in this order.
    private var deadlines: [(number: UInt64, end: Duration)] = []
    private var timeoutTimer: LoopTimer?
    /// How long anybody waits for a fetch; whose key isn't known then is refused.
    private static let longestWait = Duration.seconds(5)

    /// - Parameters:
    ///   - followsAnother: Whether there is a set of another place that counts until this one's is there.
    ///   - publish: Takes each new set; called on the loop.
    init(
        _ location: KeySetLocation,
        on loop: EventLoop,
        proxies: ProxyEnvironment = ProxyEnvironment(),
        logger: Logger,
        followsAnother: Bool = false,
        publish: @escaping @Sendable ([VerificationKey]) -> Void
    ) {
        self.location = location
        self.loop = loop
        self.proxies = proxies
        self.logger = logger
        self.publish = publish
        self.followsAnother = followsAnother
        schedule = Mutex(KeySetSchedule(limits: location.schedule))
    }

    /// Fetches for the first time, and then again and again.
    func start() { fetchIfDue() }

    /// Ends it: whoever waits goes on without new keys.
    func stop() {
        isOver = true
        client?.close()
        client = nil
        timer?.close()
        timer = nil
        release()
        timeoutTimer?.close()
        timeoutTimer = nil
    }

    /// Fetches at once, unless that is under way; any thread may call it.
    nonisolated func refresh() { ask(.operatorsWish) }

    /// Has the set fetched because a token names a key that isn't in it; any thread may call it.
    ///
    /// - Returns: Whether a fetch is under way, which may bring the key; else one was made a moment ago.
    nonisolated func wantsUnknownKey() -> Bool { ask(.unknownKey) != .tooSoon }

    @discardableResult
    nonisolated private func ask(_ occasion: KeySetSchedule.Occasion) -> KeySetSchedule.Reply {
        let reply = schedule.withLock { $0.ask(occasion, at: EventLoop.now) }
        if reply == .begins { loop.execute { self.assumeIsolated { $0.fetch() } } }
        return reply
    }

    /// Returns once no fetch is under way, it has taken too long, or the task is cancelled.
    func fetchEnds(number: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in wait(continuation, number) }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.leave(number) } }
        }
    }

    private func wait(_ continuation: CheckedContinuation<Void, Never>, _ number: UInt64) {
        guard !isOver, !Task.isCancelled, schedule.withLock({ $0.due }) == nil else { return continuation.resume() }
        waiting[number] = continuation
        deadlines.append((number, EventLoop.now + Self.longestWait))
        if deadlines.count == 1 { startTimeout() }
    }

    private func leave(_ number: UInt64) {
        deadlines.removeAll { $0.number == number }
        waiting.removeValue(forKey: number)?.resume()
    }

    /// Has the wait of the first in the row end in time.
    private func startTimeout() {
        guard let first = deadlines.first else { return }
        let timer = timeoutTimer ?? LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.timedOut() } }
        timeoutTimer = timer
        timer.start(after: first.end - EventLoop.now)
    }

    private func timedOut() {
        while let first = deadlines.first, first.end <= EventLoop.now { leave(first.number) }
        startTimeout()
    }

    private func release() {
        deadlines = []
        timeoutTimer?.stop()
        let released = waiting
        waiting = [:]
        for continuation in released.values { continuation.resume() }
    }

    private func fetchIfDue() {
        guard schedule.withLock({ $0.ask(.due, at: EventLoop.now) }) == .begins else { return }
        fetch()
    }

    private func fetch() {
        guard !isOver else { return }
        timer?.stop()
        var request = HTTPClientRequest(
            get: location.url,
            headers: [HTTPField(name: "Accept", value: "application/jwk-set+json, application/json")]
        )
        request.timeout = location.timeout
        request.connectTimeout = location.timeout
        request.authorityFile = location.authorityFile
        request.proxies = proxies
        request.maximumResponseSize = JSONWebKeySet.maximumSize
        let client = client ?? HTTPClient(on: loop, connections: 1)
        self.client = client
        client.start(HTTPTransfer(request)) { outcome in self.assumeIsolated { $0.ended(outcome) } }
    }

    private func ended(_ outcome: Result<HTTPClientResponse, HTTPClientError>) {
        guard !isOver else { return }
        switch outcome {
        case .failure(let error) where error.kind == .cancelled: return stop()
        case .failure(let error): failed(KeySetStatistics.Outcome(error.kind), error.reason)
        case .success(let answer): read(answer)
        }
        guard let due = schedule.withLock({ $0.due }) else { return }
        let timer = timer ?? LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.fetchIfDue() } }
        self.timer = timer
        timer.start(after: due - EventLoop.now)
        release()
    }

    private func read(_ answer: HTTPClientResponse) {
        guard answer.status == 200 else { return failed(.status, "HTTP status \(answer.status)") }
        do throws(JSONWebKeySet.Fault) {
            // What everybody can read is no secret.
            let set = try JSONWebKeySet(parsing: answer.body, allowsSecrets: false)
            guard !set.keys.isEmpty else { return failed(.noKeys, "none of its keys can be used: \(set)") }
            succeeded(set, answer)
        } catch {
            failed(error == .tooLarge ? .tooLarge : .malformed, error.description)
        }
    }

    private func succeeded(_ set: JSONWebKeySet, _ answer: HTTPClientResponse) {
        let now = EventLoop.now
        let lines = answer.headers.filter { $0.name == "cache-control" }.map(\.value)
        let lifetime = FreshnessLifetime.parse(lines.joined(separator: ","))
        let wasFailing = schedule.withLock { schedule in
            defer { schedule.succeeded(at: now, lifetime: lifetime, jitter: .random(in: 0...1)) }
            return schedule.isFailing
        }
        statistics.note(set, at: now)
        let isNew = answer.body != current
        if isNew {
            current = answer.body
            publish(set.keys)
        }
        if wasFailing || isNew { logger.notice("fetched the key set", metadata: ["keys": "\(set)"]) }
    }

    private func failed(_ outcome: KeySetStatistics.Outcome, _ reason: String) {
        statistics.count(outcome)
        let wasFailing = schedule.withLock { schedule in
            defer { schedule.failed(at: EventLoop.now, jitter: .random(in: 0...1)) }
            return schedule.isFailing
        }
        guard !wasFailing else { return }
        let effect =
            current.isEmpty && !followsAnother
            ? "tokens that need it are told to come back" : "the former one stays in use"
        logger.warning("can't fetch the key set", metadata: ["reason": "\(reason)", "meanwhile": "\(effect)"])
    }
}

extension KeySetStatistics.Outcome {
    fileprivate init(_ kind: HTTPClientError.Kind) {
        self =
            switch kind {
            case .timedOut: .timeout
            case .tooLarge: .tooLarge
            case .invalidRequest, .cancelled, .failed: .unreachable
            }
    }
}
