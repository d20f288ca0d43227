/// Connections with something to do at a certain time; they must be added in the order of their times.
struct DueQueue {
    private var entries: [(due: ContinuousClock.Instant, index: Int)] = []
    private var first = 0

    /// Whether the queue is empty.
    var isEmpty: Bool { first == entries.count }

    /// Adds a connection.
    mutating func add(_ index: Int, due: ContinuousClock.Instant) {
        entries.append((due, index))
    }

    /// Removes the next connection whose time has come.
    mutating func next(_ now: ContinuousClock.Instant) -> Int? {
        guard first < entries.count, entries[first].due <= now else { return nil }
        defer {
            first += 1
            if first == entries.count {
                entries.removeAll(keepingCapacity: true)
                first = 0
            } else if first >= 4096, first * 2 > entries.count {
                entries.removeFirst(first)
                first = 0
            }
        }
        return entries[first].index
    }
}
