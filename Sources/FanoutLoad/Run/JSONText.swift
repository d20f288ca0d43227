/// Writes JSON text.
enum JSONText {
    /// A string in quotes, with the escapes that RFC 8259 requires.
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// An object whose values are JSON already, in the given order.
    static func object(_ members: KeyValuePairs<String, String>) -> String {
        "{\(members.map { "\(quote($0.key)):\($0.value)" }.joined(separator: ","))}"
    }

    /// An object of counts, sorted by name.
    static func counts(_ counts: [String: Int]) -> String {
        let members = counts.sorted { $0.key < $1.key }.map { "\(quote($0.key)):\($0.value)" }
        return "{\(members.joined(separator: ","))}"
    }

    /// A number with at most three decimals.
    static func number(_ value: Double) -> String {
        let thousandths = (value * 1000).rounded()
        guard thousandths.isFinite else { return "null" }
        return "\(thousandths / 1000)"
    }
}
