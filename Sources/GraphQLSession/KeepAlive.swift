/// Notices a silent link: probes it, and counts it as lost when it stays silent.
///
/// A value without a clock; anything that arrives is a sign of life.
struct KeepAlive {
    enum Verdict {
        case fine, probe, lost
    }

    private let interval: Duration?
    private let timeout: Duration
    private var lastHeard: Duration
    private var probedAt: Duration?

    init(interval: Duration?, timeout: Duration, now: Duration) {
        self.interval = interval
        self.timeout = timeout
        lastHeard = now
    }

    /// When `check` is due next; nil when links are never probed.
    var deadline: Duration? {
        guard let interval else { return nil }
        return probedAt.map { $0 + timeout } ?? lastHeard + interval
    }

    mutating func heard(at now: Duration) {
        lastHeard = now
        probedAt = nil
    }

    mutating func check(at now: Duration) -> Verdict {
        guard let deadline, now >= deadline else { return .fine }
        guard probedAt == nil else { return .lost }
        probedAt = now
        return .probe
    }
}
