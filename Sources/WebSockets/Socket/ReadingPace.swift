/// Judges whether a peer reads what is sent to it fast enough; a value without a clock of its own.
///
/// If any progress were enough, a client that reads a byte now and then could hold megabytes for hours.
package struct ReadingPace: Sendable {
    /// How fast a peer must read.
    package struct Rule: Sendable, Hashable {
        /// How many bytes the peer has to read in each interval, unless fewer are left.
        package var bytes: Int
        /// How often the pace is checked.
        package var interval: Duration

        /// Makes a rule; by default 512 bytes a second, averaged over 15 s.
        package init(bytes: Int = 512 * 15, interval: Duration = .seconds(15)) {
            self.bytes = bytes
            self.interval = interval
        }
    }

    private let rule: Rule
    private var acknowledged: UInt64

    /// Starts to measure from what the peer's kernel has acknowledged so far.
    package init(_ rule: Rule, from acknowledged: UInt64) {
        self.rule = rule
        self.acknowledged = acknowledged
    }

    /// Whether the pace was kept in the interval that ends now; starts the next one.
    package mutating func isKept(at acknowledged: UInt64) -> Bool {
        defer { self.acknowledged = acknowledged }
        return acknowledged >= self.acknowledged && acknowledged - self.acknowledged >= UInt64(max(1, rule.bytes))
    }
}
