internal import AccessTokens
internal import GraphQLSession
internal import Logging
internal import Synchronization
internal import WebSockets
internal import Wire

/// Asks the operator's own program who may enter, on the upstream loop.
///
/// There is one for the process, and not one on each shard: so that clients on several shards share one call, its
/// limits are the operator's numbers, and its answers are kept once. A question costs two changes of thread, which is
/// little beside the call; what is kept is looked at by the shards themselves.
actor AuthHook: LoopActor {
    /// Why there is no answer.
    typealias Failure = AccessRefusal.Undecided
    typealias Answer = Result<HookAnswer.Judgement, Failure>

    let loop: EventLoop
    private let location: HookLocation
    private let proxies: ProxyEnvironment
    private let logger: Logger
    nonisolated let statistics = HookStatistics()
    private let cache: Mutex<HookCache>
    private var line: HookLine
    private var client: HTTPClient?
    /// The questions that are asked or wait, and who waits for each, by number.
    private var questions: [HookQuestion.Key: HookQuestion] = [:]
    private var askers: [HookQuestion.Key: [UInt64: CheckedContinuation<Answer, Never>]] = [:]
    private var timer: LoopTimer?
    private var isFailing = false
    private nonisolated let isOver = Atomic(false)
    /// Whether it answers nobody any more; any thread may ask.
    nonisolated var hasEnded: Bool { isOver.load(ordering: .relaxed) }
    /// True when nobody asks it any more, and only those who wait get their answers.
    private var isRetired = false

    init(_ location: HookLocation, on loop: EventLoop, proxies: ProxyEnvironment = ProxyEnvironment(), logger: Logger) {
        self.location = location
        self.loop = loop
        self.proxies = proxies
        self.logger = logger
        cache = Mutex(HookCache(limits: location.cache))
        line = HookLine(limits: location.line)
    }

    /// What was answered a moment ago; any thread may call it.
    nonisolated func known(_ question: HookQuestion) -> HookAnswer.Judgement? {
        let judgement = cache.withLock { $0.judgement(of: question, at: Authorizer.now) }
        if judgement != nil { statistics.countCached() }
        return judgement
    }

    /// How many answers are remembered; any thread may ask.
    nonisolated var rememberedCount: Int { cache.withLock { $0.count } }

    /// Asks, or waits for the answer of who has asked the same; ends at once when the task is cancelled.
    ///
    /// - Parameter number: One that nobody else uses.
    func ask(_ question: HookQuestion, number: UInt64) async -> Answer {
        // It may have come while the question was on its way here.
        if let judgement = known(question) { return .success(judgement) }
        let key = question.key
        return await withTaskCancellationHandler {
            await withCheckedContinuation { enter(question, number, $0) }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.leave(key, number) } }
        }
    }

    /// Ends it once those who wait have their answers.
    func retire() {
        isRetired = true
        endIfIdle()
    }

    private func endIfIdle() {
        if isRetired, askers.isEmpty { stop() }
    }

    /// Ends it: whoever waits gets no answer.
    func stop() {
        isOver.store(true, ordering: .relaxed)
        timer?.close()
        timer = nil
        for key in askers.keys { resume(key, .failure(.unreachable)) }
        questions = [:]
        client?.close()
        client = nil
    }

    private func enter(_ question: HookQuestion, _ number: UInt64, _ continuation: CheckedContinuation<Answer, Never>) {
        guard !hasEnded, !Task.isCancelled else { return continuation.resume(returning: .failure(.unreachable)) }
        let key = question.key
        switch line.ask(key, at: EventLoop.now) {
        case .busy:
            statistics.count(.busy)
            return continuation.resume(returning: .failure(.busy))
        case .starts:
            questions[key] = question
            call(question)
        case .waits:
            questions[key] = question
            limitWait()
        case .shares: break
        }
        askers[key, default: [:]][number] = continuation
    }

    private func leave(_ key: HookQuestion.Key, _ number: UInt64) {
        guard let continuation = askers[key]?.removeValue(forKey: number) else { return }
        if askers[key]?.isEmpty == true { askers[key] = nil }
        line.leave(key)
        if askers[key] == nil { questions[key] = nil }
        continuation.resume(returning: .failure(.unreachable))
    }

    private func resume(_ key: HookQuestion.Key, _ answer: Answer) {
        questions[key] = nil
        for continuation in (askers.removeValue(forKey: key) ?? [:]).values { continuation.resume(returning: answer) }
    }

    // The line.

    private func limitWait() {
        guard let end = line.firstEnd else { timer?.stop(); return }
        let timer = timer ?? LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.expire() } }
        self.timer = timer
        timer.start(after: end - EventLoop.now)
    }

    private func expire() {
        for key in line.expire(at: EventLoop.now) {
            statistics.count(.busy)
            resume(key, .failure(.busy))
        }
        limitWait()
    }

    // A call.

    private func call(_ question: HookQuestion) {
        var request = HTTPClientRequest(
            url: location.url,
            headers: [
                HTTPField(name: "Content-Type", value: "application/json"),
                HTTPField(name: "Accept", value: "application/json"),
            ],
            body: question.body
        )
        request.timeout = line.timeLeft(for: question.key, at: EventLoop.now)
        request.authorityFile = location.authorityFile
        request.proxies = proxies
        request.maximumResponseSize = HookAnswer.maximumSize
        let client = client ?? HTTPClient(on: loop, connections: location.line.concurrency)
        self.client = client
        client.start(HTTPTransfer(request)) { outcome in self.assumeIsolated { $0.ended(question, outcome) } }
    }

    private func ended(_ question: HookQuestion, _ outcome: Result<HTTPClientResponse, HTTPClientError>) {
        guard !hasEnded else { return }
        do throws(Failure) {
            let answer = try Self.answer(outcome)
            cache.withLock { $0.insert(answer, to: question, at: Authorizer.now) }
            statistics.count(answer.judgement)
            note(nil)
            resume(question.key, .success(answer.judgement))
        } catch {
            statistics.count(error)
            note(error)
            resume(question.key, .failure(error))
        }
        guard let next = line.ended(question.key) else { return endIfIdle() }
        // Who waited for it is there still, or it would have left the line.
        if let question = questions[next] { call(question) }
        limitWait()
    }

    private static func answer(
        _ outcome: Result<HTTPClientResponse, HTTPClientError>
    ) throws(Failure) -> HookAnswer {
        let response: HTTPClientResponse
        switch outcome {
        case .success(let answer): response = answer
        case .failure(let error):
            switch error.kind {
            case .timedOut: throw .timeout
            case .tooLarge: throw .malformed
            case .invalidRequest, .cancelled, .failed: throw .unreachable
            }
        }
        switch response.status {
        case 200:
            do throws(HookAnswer.Malformed) {
                return try HookAnswer(parsing: response.body, at: Authorizer.now)
            } catch {
                throw .malformed
            }
        case 401: return HookAnswer(refusing: .unauthenticated)
        case 403: return HookAnswer(refusing: .forbidden)
        default: throw .status
        }
    }

    /// One line when it begins to fail, and one when it works again.
    private func note(_ failure: Failure?) {
        guard isFailing != (failure != nil) else { return }
        isFailing = failure != nil
        if let failure {
            logger.warning("the hook gives no answer", metadata: ["reason": "\(failure.rawValue)"])
        } else {
            logger.notice("the hook answers again")
        }
    }
}
