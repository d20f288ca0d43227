/// When the key set of a URL is fetched; a value, without a clock, chance and I/O of its own.
///
/// Times are those of any clock that doesn't jump, and a jitter is a random number from 0 to 1.
package struct KeySetSchedule: Sendable {
    /// How long to wait for what.
    package struct Limits: Sendable, Hashable {
        /// How old a set becomes when the server doesn't say; 10 min by default.
        package var refresh = Duration.seconds(600)
        /// Within which bounds the server may say (`Cache-Control: max-age`); 1 min to 1 h by default.
        package var allowedRefresh = Duration.seconds(60)...Duration.seconds(3600)
        /// How long after the begin of a fetch no token with an unknown key causes another; 30 s by default.
        package var spacing = Duration.seconds(30)
        /// The waits while there is no set yet, which double from the first to the last; 1 s to 60 s by default.
        ///
        /// The last is also how long after a failure the next fetch begins while there is a set.
        package var retries = Duration.seconds(1)...Duration.seconds(60)

        /// The defaults.
        package init() {}
    }

    /// Why somebody wants a fetch.
    package enum Occasion: Sendable {
        /// Its time has come.
        case due
        /// A token names a key that isn't in the set.
        case unknownKey
        /// The operator says so.
        case operatorsWish
    }

    /// What becomes of the wish.
    package enum Reply: Sendable, Equatable {
        /// It begins: the caller has to fetch.
        case begins
        /// One is under way.
        case isUnderWay
        /// There was one a moment ago.
        case tooSoon
    }

    private enum State {
        case idle(due: Duration)
        case fetching
    }

    /// How much earlier than it says a refresh may come, as a share of its time.
    private static let refreshJitter = 0.1

    private let limits: Limits
    private var state = State.idle(due: .zero)
    private var lastBegin: Duration?
    private var hasSet = false
    private var failures = 0

    /// A schedule whose first fetch is due.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// When the next fetch is due; nil while one is under way.
    package var due: Duration? { if case .idle(let due) = state { due } else { nil } }

    /// True from a failure until a fetch succeeds.
    package var isFailing: Bool { failures > 0 }

    /// Says whether to fetch, and takes note of it.
    package mutating func ask(_ occasion: Occasion, at now: Duration) -> Reply {
        guard case .idle = state else { return .isUnderWay }
        if occasion == .unknownKey, let lastBegin, now < lastBegin + limits.spacing { return .tooSoon }
        state = .fetching
        lastBegin = now
        return .begins
    }

    /// The fetch brought a set that can be used.
    ///
    /// - Parameter lifetime: How long the server says that it is fresh; nil when it says nothing.
    package mutating func succeeded(at now: Duration, lifetime: Duration?, jitter: Double) {
        hasSet = true
        failures = 0
        let bounds = limits.allowedRefresh
        let time = lifetime.map { min(max($0, bounds.lowerBound), bounds.upperBound) } ?? limits.refresh
        state = .idle(due: now + time * (1 - Self.refreshJitter * jitter))
    }

    /// The fetch brought nothing that can be used.
    package mutating func failed(at now: Duration, jitter: Double) {
        // More doublings than this are over every limit.
        let doubled = limits.retries.lowerBound * Double(1 << min(failures, 30))
        failures += 1
        let wait = hasSet ? limits.retries.upperBound : min(doubled, limits.retries.upperBound)
        state = .idle(due: now + wait * (1 - jitter / 2))
    }
}
