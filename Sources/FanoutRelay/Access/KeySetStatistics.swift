internal import AccessTokens
internal import Synchronization

/// What became of the fetches of a key set; any thread may read and write it.
final class KeySetStatistics: Sendable {
    /// How a fetch ended.
    enum Outcome: String, CaseIterable {
        /// With a set that can be used.
        case fetched
        case timeout
        case unreachable
        /// Another status than 200; redirects aren't followed.
        case status
        case tooLarge = "too_large"
        /// It is no JSON Web Key Set.
        case malformed
        /// None of its keys can be used.
        case noKeys = "no_keys"
    }

    private struct State {
        var outcomes: [Outcome: Int] = [:]
        var used = 0
        var skipped = 0
        var fetched: Duration?
    }

    private let state = Mutex(State())

    /// Counts a fetch that failed.
    func count(_ outcome: Outcome) { state.withLock { $0.outcomes[outcome, default: 0] += 1 } }

    /// Counts one that brought a set.
    func note(_ set: JSONWebKeySet, at now: Duration) {
        state.withLock {
            $0.outcomes[.fetched, default: 0] += 1
            $0.used = set.keys.count
            $0.skipped = set.skipped.values.reduce(0, +)
            $0.fetched = now
        }
    }

    /// How many fetches ended so.
    func count(of outcome: Outcome) -> Int { state.withLock { $0.outcomes[outcome] ?? 0 } }

    /// How many keys the set has that are used, and how many that aren't.
    var keys: (used: Int, skipped: Int) { state.withLock { ($0.used, $0.skipped) } }

    /// How long ago the set was fetched; nil while there is none.
    func age(at now: Duration) -> Duration? { state.withLock { state in state.fetched.map { now - $0 } } }
}
