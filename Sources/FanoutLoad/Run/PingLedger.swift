/// The pings of one connection: one at a time, each with a payload of its own that the pong must repeat.
struct PingLedger {
    /// The counts of one connection, or summed over several.
    struct Counts {
        /// Pings sent.
        var sent: UInt64 = 0
        /// Pongs that repeated their ping.
        var answered: UInt64 = 0
        /// Pongs that differed from their ping.
        var wrong: UInt64 = 0

        /// Adds another connection's counts.
        static func += (sum: inout Self, other: Self) {
            sum.sent &+= other.sent
            sum.answered &+= other.answered
            sum.wrong &+= other.wrong
        }
    }

    /// What has been counted so far.
    private(set) var counts = Counts()
    private var outstanding: UInt64?

    /// Whether a ping waits for its pong.
    var isWaiting: Bool { outstanding != nil }

    /// The payload of the next ping, as long as a control frame's may be.
    mutating func next() -> [UInt8] {
        let number = counts.sent
        counts.sent &+= 1
        outstanding = number
        return (0..<125).map { Self.byte($0, of: number) }
    }

    /// Checks a pong; one without a ping is legal and ignored (RFC 6455 section 5.5.3).
    mutating func receive(_ payload: Span<UInt8>) {
        guard let number = outstanding else { return }
        outstanding = nil
        var matches = payload.count == 125
        for index in payload.indices where matches { matches = payload[index] == Self.byte(index, of: number) }
        if matches { counts.answered &+= 1 } else { counts.wrong &+= 1 }
    }

    private static func byte(_ index: Int, of number: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: index < 8 ? number >> UInt64(8 * index) : number &* 31 &+ UInt64(index))
    }
}
