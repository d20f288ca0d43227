/// Formats numbers for people.
package enum NumberText {
    /// An integer with a comma between thousands.
    package static func grouped(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A number with one decimal.
    package static func decimal(_ value: Double) -> String { fixed(value, places: 1) }

    /// A number with two decimals.
    package static func fine(_ value: Double) -> String { fixed(value, places: 2) }

    /// A number without decimals, from 0 on.
    package static func whole(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        // Beyond it a `Double` has no units.
        return grouped(Int(min(max(0, value.rounded()), 0x1p53)))
    }

    /// How much of something comes in a second.
    package static func rate(_ value: Double) -> String { value < 10 ? short(value, places: 1) : whole(value) }

    /// Bytes as text, in a suitable unit.
    package static func bytes(_ value: Double) -> String {
        switch value {
        case ..<1024: "\(whole(value)) B"
        case ..<0x1p20: "\(whole(value / 0x1p10)) KiB"
        case ..<0x1p30: "\(rate(value / 0x1p20)) MiB"
        default: "\(short(value / 0x1p30, places: 1)) GiB"
        }
    }

    /// A time in seconds as text, in a suitable unit.
    package static func time(_ seconds: Double) -> String {
        switch max(0, seconds) {
        case ..<0.01: "\(short(seconds * 1000, places: 2)) ms"
        case ..<1: "\(whole(seconds * 1000)) ms"
        case ..<90: "\(whole(seconds)) s"
        case ..<5400: "\(whole(seconds / 60)) min"
        default: "\(whole(seconds / 3600)) h"
        }
    }

    /// A latency in microseconds as text, in a suitable unit.
    package static func latency(_ microseconds: UInt64) -> String {
        switch microseconds {
        case 0..<1000: "\(microseconds) µs"
        case 1000..<100_000: "\(fine(Double(microseconds) / 1000)) ms"
        case 100_000..<1_000_000: "\(microseconds / 1000) ms"
        default: "\(fine(Double(microseconds) / 1e6)) s"
        }
    }

    /// With one digit behind the point, or two.
    private static func fixed(_ value: Double, places: Int) -> String {
        let scale: Int64 = places == 1 ? 10 : 100
        let scaled = (value * Double(scale)).rounded()
        guard scaled.isFinite, scaled.magnitude < 1e15 else { return "?" }
        let (whole, rest) = Int64(scaled).quotientAndRemainder(dividingBy: scale)
        let digits = String(rest.magnitude)
        let zeros = String(repeating: "0", count: places - digits.count)
        return "\(scaled < 0 ? "-" : "")\(grouped(whole.magnitude)).\(zeros)\(digits)"
    }

    /// The same from 0 on, without zeros at the end.
    private static func short(_ value: Double, places: Int) -> String {
        var text = fixed(max(0, value), places: places)
        guard text.contains(".") else { return whole(value) }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }
}
