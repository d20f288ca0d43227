/// Decides what a restarting stream reports and when it opens a stream anew.
///
/// Pure: time and chance are values. A budget of tries is spent by interruptions and fresh again when a stream turns
/// out to have been stable, which is looked at only when it breaks off, so that elements cost nothing. The time of the
/// budget begins with the first interruption and not with the stream: a link of many hours has not used up a `maxTime`
/// of minutes.
///
/// A free interruption of an open stream costs neither a try nor time: from it on until the next stream is open, or
/// can't be opened, the time of the budget stands still.
struct RestartMachine {
    /// The least time between two openings that cost no wait, so that a stream that is free to fail can't spin.
    static let pace = Duration.milliseconds(100)

    enum Phase: Equatable {
        /// No stream is open; the outage has been reported or, before the first stream, not.
        case opening(isOutage: Bool)

        /// A stream is open and has delivered nothing.
        case open(since: Duration)

        /// A stream is delivering; opened and first heard of at these moments.
        case delivering(openedAt: Duration, firstElementAt: Duration)

        case ended
    }

    enum Reaction {
        /// Open a stream after the wait; report the outage first.
        case interrupt(restartAfter: Duration)

        /// Open a stream after the wait; the outage is known.
        case reopen(after: Duration)

        case end(StreamEnd)
    }

    private(set) var phase = Phase.opening(isOutage: false)
    private var schedule: BackoffSchedule
    private let completion: CompletionPolicy
    private let stableAfter: Duration
    private let stableFrom: StableFrom
    private let isFree: @Sendable (any Error) -> Bool
    /// Since when the time of the budget stands still.
    private var pausedSince: Duration?
    /// When the last opening that cost no wait was due.
    private var freeOpening: Duration?

    init(
        _ backoff: Backoff,
        completion: CompletionPolicy,
        stableAfter: Duration,
        stableFrom: StableFrom,
        isFree: @escaping @Sendable (any Error) -> Bool = { _ in false }
    ) {
        schedule = BackoffSchedule(backoff)
        self.completion = completion
        self.stableAfter = stableAfter
        self.stableFrom = stableFrom
        self.isFree = isFree
    }

    /// Takes note of an open stream; true when this ends an outage, which is to be reported.
    mutating func opened(at now: Duration) -> Bool {
        guard case .opening(let isOutage) = phase else { preconditionFailure("opened a second stream") }
        resumeTime(at: now)
        phase = .open(since: now)
        return isOutage
    }

    /// Takes note of a stream's first element.
    mutating func delivered(at now: Duration) {
        guard case .open(let openedAt) = phase else { preconditionFailure("not the first element of an open stream") }
        phase = .delivering(openedAt: openedAt, firstElementAt: now)
        schedule.reportSuccess(at: now)
    }

    /// Takes note of a stream that broke off or could not be opened.
    mutating func interrupted(
        by reason: StreamInterruption,
        at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Reaction {
        if case .completion = reason, completion == .end {
            phase = .ended
            return .end(.completed)
        }
        if hasOpenStream, wasStable(at: now) || schedule.failures == 0 { schedule.reset(at: now) }
        if hasOpenStream, isFree(reason.error), !schedule.isFatal(reason.error) {
            return reopenFreely(at: now)
        }

        resumeTime(at: now)
        switch schedule.failed(reason.error, at: now, using: &generator) {
        case .giveUp(let cause):
            phase = .ended
            return .end(.gaveUp(cause, last: reason))
        case .retry(let wait):
            let isKnown = phase == .opening(isOutage: true)
            phase = .opening(isOutage: true)
            return isKnown ? .reopen(after: wait) : .interrupt(restartAfter: wait)
        }
    }

    /// Ends without a report, as cancellation does.
    mutating func cancelled() {
        phase = .ended
    }

    private mutating func reopenFreely(at now: Duration) -> Reaction {
        pausedSince = now
        let wait = freeOpening.map { max(.zero, Self.pace - now.elapsed(since: $0)) } ?? .zero
        freeOpening = now.advancedClamped(by: wait)
        phase = .opening(isOutage: true)
        return .interrupt(restartAfter: wait)
    }

    private mutating func resumeTime(at now: Duration) {
        guard let since = pausedSince.take() else { return }
        schedule.excuse(now.elapsed(since: since))
    }

    private var hasOpenStream: Bool {
        switch phase {
        case .open, .delivering: true
        case .opening, .ended: false
        }
    }

    private func wasStable(at now: Duration) -> Bool {
        switch (phase, stableFrom) {
        case (.delivering(_, let firstElementAt), .firstElement): now.elapsed(since: firstElementAt) >= stableAfter
        case (.delivering(let openedAt, _), .opening): now.elapsed(since: openedAt) >= stableAfter
        case (.open(let since), .opening): now.elapsed(since: since) >= stableAfter
        case (.open, .firstElement), (.opening, _), (.ended, _): false
        }
    }
}
