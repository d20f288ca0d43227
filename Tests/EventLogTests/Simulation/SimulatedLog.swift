/// A stream that does what JetStream does: appends behind an expected message only, and forgets its beginning.
struct SimulatedLog {
    private(set) var messages: [[UInt8]] = []
    /// The number of the first message that is held.
    private(set) var first: UInt64 = 1

    var last: UInt64 { UInt64(messages.count) }

    /// The number of the new message; nil when the last one isn't the expected one.
    mutating func append(_ bytes: [UInt8], after expected: UInt64) -> UInt64? {
        guard expected == last else { return nil }
        messages.append(bytes)
        return last
    }

    /// A message that is held.
    subscript(sequence: UInt64) -> [UInt8]? {
        sequence >= first && sequence <= last ? messages[Int(sequence) - 1] : nil
    }

    /// Forgets all but the newest messages.
    mutating func trim(to count: Int) {
        if last >= UInt64(count) { first = max(first, last - UInt64(count) + 1) }
    }

    /// Becomes what it was so many messages ago, with the beginning that it had then.
    mutating func rewind(by count: Int) {
        messages.removeLast(min(count, messages.count))
        first = max(1, first - min(UInt64(count), first))
    }
}
