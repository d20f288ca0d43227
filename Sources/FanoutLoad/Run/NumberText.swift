/// Writes numbers for people.
enum NumberText {
    /// An integer with a comma between thousands.
    static func grouped(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A number with one decimal.
    static func decimal(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.isFinite, tenths.magnitude < 1e15 else { return "?" }
        let whole = Int64(tenths)
        return "\(whole < 0 ? "-" : "")\(grouped((whole / 10).magnitude)).\((whole % 10).magnitude)"
    }
}
