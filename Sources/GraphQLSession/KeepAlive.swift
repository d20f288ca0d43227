/// Notices a silent link: probes it, and counts it as lost when it stays silent.
///
/// A value without a clock. Anything that arrives is a sign of life; only messages are one for the watchdog of a legacy
/// link, which starts with the server's first `ka` (L2).
struct KeepAlive {
    enum Verdict {
        case fine, probe, lost, quiet
    }

    private let interval: Duration?
    private let timeout: Duration
    private var lastHeard: Duration
    private var probedAt: Duration?
    /// The longest time without a message, and when the last one came; nil before the first `ka`.
    private var watchdog: (timeout: Duration, fedAt: Duration)?

    init(interval: Duration?, timeout: Duration, now: Duration) {
        self.interval = interval
        self.timeout = timeout
        lastHeard = now
    }

    /// When `check` is due next; nil when links are never probed nor watched.
    var deadline: Duration? {
        switch (probeDeadline, watchdogDeadline) {
        case (let probe?, let watchdog?): min(probe, watchdog)
        case (let one, let other): one ?? other
        }
    }

    private var probeDeadline: Duration? {
        guard let interval else { return nil }
        return probedAt.map { $0 + timeout } ?? lastHeard + interval
    }

    private var watchdogDeadline: Duration? { watchdog.map { $0.fedAt + $0.timeout } }

    /// A message or a pong frame arrived.
    mutating func heard(at now: Duration) {
        lastHeard = now
        probedAt = nil
    }

    /// A message that isn't whole yet came further; nothing else can come before its end.
    mutating func advanced(at now: Duration) {
        heard(at: now)
        if let watchdog { feedWatchdog(timeout: watchdog.timeout, at: now) }
    }

    /// A message arrived on a link whose server sends `ka`.
    mutating func feedWatchdog(timeout: Duration, at now: Duration) { watchdog = (timeout, now) }

    mutating func check(at now: Duration) -> Verdict {
        if let watchdogDeadline, now >= watchdogDeadline { return .quiet }
        guard let probeDeadline, now >= probeDeadline else { return .fine }
        guard probedAt == nil else { return .lost }
        probedAt = now
        return .probe
    }
}
