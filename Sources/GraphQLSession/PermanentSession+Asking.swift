internal import WebSockets

/// Asking the user's closures: one at a time, on a thread of their own.
extension PermanentSession {
    /// The closures at work for a question.
    struct Asking {
        let task: Task<Void, Never>
        let progress: ClosureProgress
    }

    /// A request over HTTP that waits for what the closures say.
    struct Asker {
        let continuation: CheckedContinuation<Credentials.OfRequest, any Error>
        let timer: LoopTimer?
    }

    /// Asks for what a dial needs, as soon as the closures have returned from what they are at.
    func ask(forDial number: Int) {
        line.want(dial: number)
        askNext()
    }

    /// Nobody needs any more what a dial asked for.
    func giveUpAsking() {
        if line.giveUpDial() { asking?.task.cancel() }
    }

    /// The session is over.
    func stopAsking(_ error: SessionError) {
        giveUpAsking()
        for key in askers.keys { endAsking(key, .failure(error)) }
        // It ends when the closure that is in flight returns, if it ever does.
        closureThread = nil
    }

    /// Why a dial whose time is over has come no further than the user's closures; nil when it has.
    func closureFailure() -> LinkFailure? {
        guard let asking, line.wantsDial(dialNumber), let closure = asking.progress.closure else { return nil }
        // The same words each time, so that an outage is told once.
        return .credentials(reason: "\(closure) hasn't returned within \(configuration.connectTimeout)")
    }

    /// Asks for the URL and the headers of a request, which may take so long; nil sets no limit.
    func credentialsOfRequest(within timeout: Duration?) async throws -> Credentials.OfRequest {
        if let ending { throw ending }
        let key = takeID()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                ask(for: key, within: timeout, continuation)
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.endAsking(key, .failure(CancellationError())) } }
        }
    }

    private func ask(
        for key: UInt64,
        within timeout: Duration?,
        _ continuation: CheckedContinuation<Credentials.OfRequest, any Error>
    ) {
        guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
        let timer = timeout.map { timeout in
            let timer = LoopTimer(on: loop) { [self] in assumeIsolated { $0.askingTimedOut(key, after: timeout) } }
            timer.start(after: timeout)
            return timer
        }
        askers[key] = Asker(continuation: continuation, timer: timer)
        line.want(request: key)
        askNext()
    }

    private func askingTimedOut(_ key: UInt64, after timeout: Duration) {
        let closure = asking?.progress.closure ?? "the thread for closures"
        let reason = "\(closure) hasn't returned within \(timeout)"
        endAsking(key, .failure(HTTPFailure(reason: reason, isTransient: true)))
    }

    private func endAsking(_ key: UInt64, _ result: Result<Credentials.OfRequest, any Error>) {
        guard let asker = askers.removeValue(forKey: key) else { return }
        if line.giveUp(request: key) { asking?.task.cancel() }
        asker.timer?.close()
        asker.continuation.resume(with: result)
    }

    private func askNext() {
        guard ending == nil, let question = line.next() else { return }
        let thread = closureThread ?? OwnThread(name: "closures")
        closureThread = thread
        let progress = ClosureProgress()
        asking = Asking(task: task(for: question, on: thread, progress), progress: progress)
    }

    private func task(
        for question: ClosureLine.Question,
        on thread: OwnThread,
        _ progress: ClosureProgress
    ) -> Task<Void, Never> {
        // The session isn't kept for a closure that never returns.
        switch question {
        case .dial(let number):
            Task(executorPreference: thread) { [source, configuration, weak self] in
                let answer = await Credentials.ask(for: source, from: configuration, progress)
                await self?.answered(dial: number, answer)
            }
        case .requests:
            Task(executorPreference: thread) { [configuration, weak self] in
                let answer = await Credentials.OfRequest.ask(from: configuration, progress)
                await self?.answered(requests: answer)
            }
        }
    }

    private func answered(dial number: Int, _ answer: Result<Credentials, LinkFailure>) {
        asking = nil
        _ = line.answered()
        self.answer(dial: number, answer)
        askNext()
    }

    private func answered(requests answer: Result<Credentials.OfRequest, HTTPFailure>) {
        asking = nil
        guard case .requests(let keys) = line.answered() else { return }
        for key in keys.sorted() { endAsking(key, answer.mapError { $0 }) }
        askNext()
    }
}
