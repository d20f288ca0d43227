internal import DequeModule

/// How many payloads there were at a time that is past.
struct CountHistory {
    private var entries: Deque<(began: Duration, ended: Duration, count: Int)> = []
    private var settled = 0
    /// Counts of such a while are taken together, as if all were of its end.
    private let grain: Duration

    init(grain: Duration) { self.grain = grain }

    /// So many there are from now on.
    mutating func record(_ count: Int, now: Duration) {
        if let last = entries.indices.last, now - entries[last].began < grain {
            entries[last].ended = now
            entries[last].count = count
        } else {
            entries.append((now, now, count))
        }
    }

    /// How many there were at a time, or somewhat before.
    ///
    /// Times mustn't fall.
    mutating func count(at time: Duration) -> Int {
        while let first = entries.first, first.ended <= time { settled = entries.removeFirst().count }
        return settled
    }
}
