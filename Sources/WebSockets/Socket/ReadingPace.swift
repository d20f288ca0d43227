/// Whether a peer reads what is sent to it fast enough; a value, without a clock of its own.
///
/// Any progress at all would let a client that takes a byte now and then hold megabytes for hours.
package struct ReadingPace: Sendable {
    /// What is asked of a peer.
    package struct Rule: Sendable, Hashable {
        /// Bytes that it has to take within each interval at least, or all that there is.
        package var bytes: Int
        /// How often it is looked at.
        package var interval: Duration

        /// Makes a rule; by default 512 bytes a second on an average of 15 s.
        package init(bytes: Int = 512 * 15, interval: Duration = .seconds(15)) {
            self.bytes = bytes
            self.interval = interval
        }
    }

    private let rule: Rule
    private var acknowledged: UInt64

    /// Begins to measure at what the peer's kernel has acknowledged by now.
    package init(_ rule: Rule, from acknowledged: UInt64) {
        self.rule = rule
        self.acknowledged = acknowledged
    }

    /// Whether the interval that ends now was good enough; the next one begins.
    package mutating func isKept(at acknowledged: UInt64) -> Bool {
        defer { self.acknowledged = acknowledged }
        return acknowledged >= self.acknowledged && acknowledged - self.acknowledged >= UInt64(max(1, rule.bytes))
    }
}
