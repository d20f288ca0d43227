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
    package static func decimal(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.isFinite, tenths.magnitude < 1e15 else { return "?" }
        let whole = Int64(tenths)
        return "\(whole < 0 ? "-" : "")\(grouped((whole / 10).magnitude)).\((whole % 10).magnitude)"
    }

    /// A number with two decimals.
    package static func fine(_ value: Double) -> String {
        let hundredths = (value * 100).rounded()
        guard hundredths.isFinite, hundredths.magnitude < 1e15 else { return "?" }
        let whole = Int64(hundredths)
        let rest = (whole % 100).magnitude
        return "\(whole < 0 ? "-" : "")\(grouped((whole / 100).magnitude)).\(rest < 10 ? "0" : "")\(rest)"
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
}
