/// Decides what a restarting stream reports and when it opens a stream anew.
///
/// Pure: time and chance are values. A budget of tries is spent by interruptions and fresh again when a stream turns
/// out to have been stable, which is looked at only when it breaks off, so that elements cost nothing. The time of the
/// budget begins with the first interruption and not with the stream: a link of many hours has not used up a `maxTime`
/// of minutes.
struct RestartMachine {
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

    init(_ backoff: Backoff, completion: CompletionPolicy, stableAfter: Duration, stableFrom: StableFrom) {
        schedule = BackoffSchedule(backoff)
        self.completion = completion
        self.stableAfter = stableAfter
        self.stableFrom = stableFrom
    }

    /// Takes note of an open stream; true when this ends an outage, which is to be reported.
    mutating func opened(at now: Duration) -> Bool {
        guard case .opening(let isOutage) = phase else { preconditionFailure("opened a second stream") }
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
