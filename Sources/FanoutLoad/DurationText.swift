/// A duration as flags write it: a number with at most three decimals and a unit, like `500ms`, `1.5s` or `2m`.
struct DurationText: FlagValue, Equatable, CustomStringConvertible {
    static let allowed = "a number and a unit, like 500ms, 10s or 2m"

    /// The longest duration any flag allows.
    static let longest = Duration.seconds(600)

    /// The duration meant.
    let value: Duration

    /// A duration that was not read from a flag.
    init(_ value: Duration) {
        self.value = value
    }

    /// Reads `<digits>[.<digits>](ms|s|m|h)`, at most nine digits before the point and three behind it.
    init?(_ text: String) {
        let units: [(suffix: String, microseconds: Int64)] = [
            ("ms", 1000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000),
        ]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        let parts = text.dropLast(unit.suffix.count).split(separator: ".", omittingEmptySubsequences: false)
        let isDigits = { (part: Substring) in !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard parts.count <= 2, parts.allSatisfy(isDigits), let whole = parts.first, whole.utf8.count <= 9,
            let number = Int64(whole)
        else { return nil }
        let decimals = parts.count == 2 ? parts[1] : "0"
        guard decimals.utf8.count <= 3,
            let fraction = Int64(decimals + String(repeating: "0", count: 3 - decimals.count))
        else { return nil }
        value = .microseconds(number * unit.microseconds + fraction * unit.microseconds / 1000)
    }

    /// The duration in its largest whole unit, the way a flag would write it.
    var description: String {
        let milliseconds = value.components.seconds * 1000 + value.components.attoseconds / 1_000_000_000_000_000
        if milliseconds % 60_000 == 0, milliseconds > 0 { return "\(milliseconds / 60_000)m" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
