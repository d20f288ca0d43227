/// One run of a back-off: counts the tries and says after each failure whether and when to try again.
///
/// A plain value without clock, task or sleep. Time goes in as a `Duration` since any origin of the caller's that does
/// not run backwards, chance as a generator; so a state machine can own a schedule and a test can drive it by hand.
///
/// ```swift
/// var schedule = BackoffSchedule(backoff, startingAt: now)
/// switch schedule.failed(error, at: now, using: &generator) {
/// case .retry(let wait): arm(wait)
/// case .giveUp(let reason): close(reason)
/// }
/// ```
///
/// The budget is fresh again after ``succeeded(at:)`` or ``reset(at:)``. Limits that are closures are asked at its
/// first failure. The handlers of the back-off, where set, are called from within the methods.
public struct BackoffSchedule {
    /// What to do after a failure.
    public enum Decision: Sendable, Hashable {
        /// Try again, but not before this time has passed; jitter and what remains of the time limit are applied.
        case retry(after: Duration)

        /// Make no further try.
        case giveUp(GiveUpReason)
    }

    /// The policy this schedule follows.
    public let backoff: Backoff

    /// The moment, on the caller's time scale, at which no try may begin any more; nil, the default, is none.
    ///
    /// Unlike `maxTime` it cuts no wait: one that would reach it isn't begun.
    package var end: Duration?

    /// The number of failures since the start or the last reset, the last one included.
    public private(set) var failures = 0

    // The limits of this budget, known from its first failure on.
    private var maxTries: Int?
    private var maxTime: Duration?
    private var areLimitsKnown = false
    private var start: Duration
    private var waits: Backoff.Waits.Iterator

    /// Starts a budget at this moment.
    public init(_ backoff: Backoff, startingAt now: Duration = .zero) {
        self.backoff = backoff
        start = now
        waits = backoff.waits.makeIterator()
    }

    /// Counts a failed try and decides what follows.
    ///
    /// - Parameters:
    ///   - error: Why the try failed.
    ///   - now: The moment of the failure, on the caller's time scale.
    ///   - generator: The source of chance for the jitter.
    /// - Returns: The wait before the next try, or why there is none.
    public mutating func failed(
        _ error: any Error,
        at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Decision {
        askLimits()
        failures += 1
        let elapsed = now.elapsed(since: start)
        let decision = decide(after: error, elapsed: elapsed, using: &generator)
        report(decision, after: error, elapsed: elapsed)
        return decision
    }

    /// Counts a failed try and decides what follows, with the system's source of chance.
    public mutating func failed(_ error: any Error, at now: Duration) -> Decision {
        var generator = SystemRandomNumberGenerator()
        return failed(error, at: now, using: &generator)
    }

    /// Starts a fresh budget for the end of what had succeeded: it is waited, but no try is counted yet.
    ///
    /// So all of `maxTries` are left, and even a back-off without waits or without a second try makes one.
    ///
    /// - Returns: The first of the waits, none where there are none; to give up, if the error is fatal.
    public mutating func lost(
        _ error: any Error,
        at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Decision {
        reset(at: now)
        askLimits()
        let decision: Decision =
            if isFatal(error) {
                .giveUp(.fatal)
            } else {
                .retry(after: wait(waits.next() ?? .zero, after: error, elapsed: .zero, using: &generator))
            }
        report(decision, after: error, elapsed: .zero)
        return decision
    }

    /// The same with the system's source of chance.
    public mutating func lost(_ error: any Error, at now: Duration) -> Decision {
        var generator = SystemRandomNumberGenerator()
        return lost(error, at: now, using: &generator)
    }

    /// Reports a success to the handler and starts a fresh budget.
    public mutating func succeeded(at now: Duration) {
        reportSuccess(at: now)
        reset(at: now)
    }

    /// Starts a fresh budget: no try is counted, the time begins now, the waits begin with the first.
    public mutating func reset(at now: Duration) {
        failures = 0
        areLimitsKnown = false
        start = now
        waits = backoff.waits.makeIterator()
    }

    /// Takes this time out of what the budget counts.
    mutating func excuse(_ time: Duration) {
        start = start.advancedClamped(by: time)
    }

    /// Reports a success to the handler; the budget stays as it is.
    ///
    /// For a success that has yet to prove itself, such as a link that may close at once: once it has, ``lost(_:at:)``
    /// or ``reset(at:)`` begins a fresh budget, and otherwise ``failed(_:at:)`` goes on with this one.
    public func reportSuccess(at now: Duration) {
        guard let onSuccess = backoff.onSuccess else { return }
        onSuccess(Backoff.Details(tries: failures + 1, elapsed: now.elapsed(since: start), wait: nil, error: nil))
    }

    private mutating func decide(
        after error: any Error,
        elapsed: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Decision {
        if isFatal(error) { return .giveUp(.fatal) }
        if let maxTries, failures >= maxTries { return .giveUp(.triesSpent) }
        if let maxTime, elapsed >= maxTime { return .giveUp(.timeSpent) }
        guard let regular = waits.next() else { return .giveUp(.waitsSpent) }
        let wait = wait(regular, after: error, elapsed: elapsed, using: &generator)
        if let end, start.advancedClamped(by: elapsed).advancedClamped(by: wait) >= end { return .giveUp(.timeSpent) }
        return .retry(after: wait)
    }

    func isFatal(_ error: any Error) -> Bool { error is CancellationError || backoff.giveUp(error) }

    private mutating func askLimits() {
        guard !areLimitsKnown else { return }
        areLimitsKnown = true
        maxTries = backoff.maxTries
        maxTime = backoff.maxTime
    }

    /// What hint and jitter make of a wait, within the time that is left.
    private func wait(
        _ regular: Duration,
        after error: any Error,
        elapsed: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let wait: Duration
        if let hint = backoff.hint, let hinted = hint.wait(after: error) {
            wait = hint.jitter.apply(to: hinted, using: &generator)
        } else {
            wait = backoff.jitter.apply(to: regular, using: &generator)
        }
        return maxTime.map { min(wait, $0.elapsed(since: elapsed)) } ?? wait
    }

    private func report(_ decision: Decision, after error: any Error, elapsed: Duration) {
        switch decision {
        case .retry(let wait): backoff.onRetry?(details(elapsed: elapsed, wait: wait, error: error))
        case .giveUp: backoff.onGiveUp?(details(elapsed: elapsed, wait: nil, error: error))
        }
    }

    private func details(elapsed: Duration, wait: Duration?, error: any Error) -> Backoff.Details {
        Backoff.Details(tries: failures, elapsed: elapsed, wait: wait, error: error)
    }
}
