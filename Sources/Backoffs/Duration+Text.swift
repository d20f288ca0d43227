extension Duration {
    static let syntax = "a duration such as 250ms, 1.5s, 5m or 2h"

    /// Reads a duration as it is written on the command line: `250ms`, `1s`, `1.5s`, `5m`, `2h`.
    ///
    /// One decimal number and one unit, nothing between them; space around them is ignored. From 0 to 876000h (100
    /// years).
    ///
    /// - Throws: An error that points at the column where reading stopped.
    public init(parsing text: String) throws(BackoffSyntaxError) {
        var cursor = TextCursor(text)
        self = try cursor.duration()
        guard cursor.isAtEnd else { throw cursor.error(expected: "nothing after the duration") }
    }

    /// The shortest text that `init(parsing:)` reads back as exactly this duration.
    ///
    /// In the largest of the units h, m and s that leaves no fraction, or else in seconds or, below one second, in
    /// milliseconds: `2h`, `5m`, `90s`, `1.5s`, `250ms`. A duration outside the readable range appears as its nearest
    /// end.
    public var canonicalText: String {
        let value = asWait.attoseconds
        if value == 0 { return "0s" }
        for unit in [Unit.hour, .minute, .second] where value % unit.attoseconds == 0 {
            return "\(value / unit.attoseconds)\(unit.rawValue)"
        }
        let unit = value < Unit.second.attoseconds ? Unit.millisecond : .second
        let (whole, rest) = value.quotientAndRemainder(dividingBy: unit.attoseconds)
        if rest == 0 { return "\(whole)\(unit.rawValue)" }
        // One more in front keeps the leading zeros of the fraction.
        var fraction = "\(unit.attoseconds + rest)".dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(whole).\(fraction)\(unit.rawValue)"
    }

    enum Unit: String {
        case millisecond = "ms"
        case second = "s"
        case minute = "m"
        case hour = "h"

        var attoseconds: Int128 {
            switch self {
            case .millisecond: 1_000_000_000_000_000
            case .second: 1_000_000_000_000_000_000
            case .minute: 60_000_000_000_000_000_000
            case .hour: 3_600_000_000_000_000_000_000
            }
        }
    }

    static func unit(named name: String) -> Unit? { Unit(rawValue: name) }

    /// The duration these digits mean; nil above 100 years.
    ///
    /// What is finer than an attosecond is dropped.
    init?(whole: String, fraction: String, unit: Unit) {
        let longest = Self.longestWait.attoseconds
        var count: Int128 = 0
        for digit in whole.utf8 {
            count = count * 10 + Int128(digit - UInt8(ascii: "0"))
            if count > longest / unit.attoseconds { return nil }
        }
        var attoseconds = count * unit.attoseconds
        var place = unit.attoseconds
        for digit in fraction.utf8 {
            place /= 10
            attoseconds += place * Int128(digit - UInt8(ascii: "0"))
        }
        if attoseconds > longest { return nil }
        self.init(attoseconds: attoseconds)
    }
}
