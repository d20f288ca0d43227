/// Bounds how often the same is said: the first few times within a minute it is, and then once a minute how often it
/// was withheld, until a minute has passed without it.
///
/// It is pure, so its owner brings the time. Its memory is bounded: when it watches as much as it can, what is new to
/// it isn't limited.
struct RepeatLimit<Key: Hashable & Sendable, Entry: Sendable>: Sendable {
    /// What was withheld of one kind.
    struct Withheld {
        /// The last of them.
        let entry: Entry
        let count: Int
    }

    private struct Watch {
        var end: Duration
        /// How many more may be said until then.
        var budget: Int
        var withheld = 0
        var last: Entry?
    }

    private let budget: Int
    private let interval: Duration
    private let capacity: Int
    private var watches: [Key: Watch] = [:]

    /// - Parameters:
    ///   - budget: How often the same is said within an interval.
    ///   - capacity: The most kinds that are watched.
    init(budget: Int = 5, interval: Duration = .seconds(60), capacity: Int = 256) {
        self.budget = budget
        self.interval = interval
        self.capacity = capacity
    }

    /// When something that was withheld is to be told of; nil while nothing is.
    var due: Duration? { watches.values.filter { $0.withheld > 0 }.map(\.end).min() }

    /// Whether it may be said; what may not is withheld.
    mutating func admits(_ entry: Entry, as key: Key, at now: Duration) -> Bool {
        guard var watch = watches[key] else {
            if watches.count >= capacity { forgetCalm(at: now) }
            guard watches.count < capacity else { return true }
            watches[key] = Watch(end: now + interval, budget: budget - 1)
            return true
        }
        if watch.end <= now, watch.withheld == 0 { watch = Watch(end: now + interval, budget: budget) }
        let isAdmitted = watch.budget > 0
        if isAdmitted {
            watch.budget -= 1
        } else {
            watch.withheld += 1
            watch.last = entry
        }
        watches[key] = watch
        return isAdmitted
    }

    /// Removes and returns what was withheld in intervals that have ended.
    mutating func take(at now: Duration) -> [Withheld] { take { $0 <= now } }

    /// Removes and returns all that was withheld.
    mutating func takeAll() -> [Withheld] { take { _ in true } }

    private mutating func take(_ isDue: (Duration) -> Bool) -> [Withheld] {
        var taken: [Withheld] = []
        for (key, watch) in watches.sorted(by: { $0.value.end < $1.value.end }) where isDue(watch.end) {
            guard let entry = watch.last else { continue }
            taken.append(Withheld(entry: entry, count: watch.withheld))
            // Nothing more is said until an interval was calm.
            watches[key] = Watch(end: watch.end + interval, budget: 0)
        }
        return taken
    }

    private mutating func forgetCalm(at now: Duration) {
        watches = watches.filter { $0.value.withheld > 0 || $0.value.end > now }
    }
}
