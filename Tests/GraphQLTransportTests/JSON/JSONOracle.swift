/// A second opinion on JSON: recursive, over Unicode scalars, with nothing in common with the scanner.
struct JSONOracle {
    private var rest: Substring.UnicodeScalarView

    private init(_ text: String) { rest = text[...].unicodeScalars }

    /// Whether bytes are one JSON value with at most `depth` containers within one another.
    static func accepts(_ bytes: [UInt8], depth: Int = 64) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self) else { return false }
        var oracle = JSONOracle(text)
        oracle.space()
        guard oracle.value(depth) else { return false }
        oracle.space()
        return oracle.rest.isEmpty
    }

    private mutating func space() {
        while let first = rest.first, " \t\r\n".unicodeScalars.contains(first) { rest.removeFirst() }
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest.removeFirst(text.unicodeScalars.count)
        return true
    }

    private mutating func value(_ depth: Int) -> Bool {
        switch rest.first {
        case "{": return sequence(depth, "{", "}") { $0.string() && $0.colon() && $0.value(depth - 1) }
        case "[": return sequence(depth, "[", "]") { $0.value(depth - 1) }
        case "\"": return string()
        default: return take("true") || take("false") || take("null") || number()
        }
    }

    private mutating func sequence(
        _ depth: Int,
        _ open: String,
        _ close: String,
        _ element: (inout JSONOracle) -> Bool
    ) -> Bool {
        guard depth > 0, take(open) else { return false }
        space()
        if take(close) { return true }
        repeat {
            space()
            guard element(&self) else { return false }
            space()
        } while take(",")
        return take(close)
    }

    private mutating func colon() -> Bool {
        space()
        guard take(":") else { return false }
        space()
        return true
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return true
            case "\\":
                guard let escaped = rest.popFirst() else { return false }
                if escaped == "u" {
                    for _ in 0..<4 {
                        guard let digit = rest.popFirst(), digit.isASCII, Character(digit).isHexDigit else {
                            return false
                        }
                    }
                } else if !"\"\\/bfnrt".unicodeScalars.contains(escaped) {
                    return false
                }
            default: if scalar.value < 0x20 { return false }
            }
        }
        return false
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") {
            guard digits() else { return false }
        }
        if take(".") {
            guard digits() else { return false }
        }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            guard digits() else { return false }
        }
        return true
    }

    private mutating func digits() -> Bool {
        var count = 0
        while let first = rest.first, ("0"..."9").contains(first) {
            rest.removeFirst()
            count += 1
        }
        return count > 0
    }
}
