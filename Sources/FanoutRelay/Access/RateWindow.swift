/// How many messages of a client came within the present second; a value of four bytes, since every client has one.
///
/// The seconds are those of the clock, so that within any second of time up to twice as many may come.
struct RateWindow {
    /// The second, without its high bits: a client that comes back after eighteen hours may find its former count.
    private var second: UInt16 = 0
    private var count: UInt16 = 0

    /// The highest rate that can be counted.
    static let highest = Int(UInt16.max)

    /// Counts a message; false when there were as many as `rate` in this second already.
    mutating func take(at now: Duration, rate: Int) -> Bool {
        let present = UInt16(truncatingIfNeeded: now.components.seconds)
        if present != second { (second, count) = (present, 0) }
        guard count < rate else { return false }
        count &+= 1
        return true
    }
}
