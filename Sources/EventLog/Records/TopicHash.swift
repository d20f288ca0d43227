/// Names a topic in the log, the same on every relay of a group: 16 bytes that are made elsewhere, from what the topic
/// asks the server for.
package struct TopicHash: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The first 16 bytes, the most significant first; nil when there are fewer.
    package init?(_ bytes: some Sequence<UInt8>) {
        var (high, low, count) = (UInt64(0), UInt64(0), 0)
        for byte in bytes.prefix(16) {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(byte)
            count += 1
        }
        guard count == 16 else { return nil }
        self.init(high: high, low: low)
    }
}

/// An order, so that the same set is gone through the same way everywhere.
extension TopicHash: Comparable {
    package static func < (first: Self, second: Self) -> Bool {
        (first.high, first.low) < (second.high, second.low)
    }
}
