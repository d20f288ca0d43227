/// Which events have reached every reader: what a closed loop waits for.
///
/// A reader's k-th delivery is taken for the k-th event, so all readers must have joined before the first.
struct Arrivals {
    /// The most events told apart at a time.
    static let capacity = 4096

    /// How many events every reader has had.
    private(set) var complete: UInt64 = 0
    private var counts = [UInt32](repeating: 0, count: capacity)

    /// Notes a reader's `count`-th delivery.
    mutating func note(_ count: UInt64) {
        guard count > complete, count - complete <= UInt64(Self.capacity) else { return }
        counts[Int(count % UInt64(Self.capacity))] &+= 1
    }

    /// Moves `complete` past the events that so many readers have had; true if it moved.
    mutating func advance(readers: Int) -> Bool {
        let before = complete
        while readers > 0, Int(counts[Int((complete + 1) % UInt64(Self.capacity))]) >= readers { pass() }
        return complete > before
    }

    /// Whether the next event has reached some reader.
    var isUnderWay: Bool { counts[Int((complete + 1) % UInt64(Self.capacity))] > 0 }

    /// Gives up on events up to this number: someone never got them.
    mutating func skip(to number: UInt64) {
        while complete < number { pass() }
    }

    private mutating func pass() {
        complete += 1
        counts[Int(complete % UInt64(Self.capacity))] = 0
    }
}
