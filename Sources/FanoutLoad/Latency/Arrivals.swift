/// Which events have reached every reader; a closed loop waits for them.
///
/// A reader's k-th delivery counts as the k-th event, so that all readers must have joined before the first one.
struct Arrivals {
    /// The most events that are tracked at a time.
    static let capacity = 4096

    /// How many events have reached every reader.
    private(set) var complete: UInt64 = 0
    private var counts = [UInt32](repeating: 0, count: capacity)

    /// Notes a reader's `count`-th delivery.
    mutating func note(_ count: UInt64) {
        guard count > complete, count - complete <= UInt64(Self.capacity) else { return }
        counts[Int(count % UInt64(Self.capacity))] &+= 1
    }

    /// Advances `complete` past the events that so many readers have got; true if it changed.
    mutating func advance(readers: Int) -> Bool {
        let before = complete
        while readers > 0, Int(counts[Int((complete + 1) % UInt64(Self.capacity))]) >= readers { pass() }
        return complete > before
    }

    /// Whether the next event has reached any reader.
    var isUnderWay: Bool { counts[Int((complete + 1) % UInt64(Self.capacity))] > 0 }

    /// Gives up waiting for events up to this number, which some reader never got.
    mutating func skip(to number: UInt64) {
        while complete < number { pass() }
    }

    private mutating func pass() {
        complete += 1
        counts[Int(complete % UInt64(Self.capacity))] = 0
    }
}
