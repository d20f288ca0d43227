extension CanonicalJSON {
    /// A form of any value, for comparing only: values of the same meaning have the same bytes, as `1` and `10e-1`.
    package static func comparable(_ raw: Span<UInt8>) throws(ScanError) -> [UInt8] {
        let canonical = try value(raw)
        var output: [UInt8] = []
        var rest = canonical[...]
        while let byte = rest.first {
            if byte == UInt8(ascii: "\"") {
                output += takeString(&rest)
            } else if byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10 {
                let number = rest.prefix { !structure.contains($0) }
                rest = rest.dropFirst(number.count)
                appendNumber(number, to: &output)
            } else {
                output.append(byte)
                rest = rest.dropFirst()
            }
        }
        return output
    }

    private static let structure = Array(",:[]{}".utf8)

    private static func takeString(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var end = rest.startIndex + 1
        while end < rest.endIndex, rest[end] != UInt8(ascii: "\"") {
            end += rest[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        let string = rest[..<min(end + 1, rest.endIndex)]
        rest = rest[string.endIndex...]
        return string
    }

    /// Appends a number as its sign, its digits without zeros at either end, and the power of ten of the last one.
    ///
    /// One whose exponent has more than nine digits stays as it is.
    private static func appendNumber(_ number: ArraySlice<UInt8>, to output: inout [UInt8]) {
        let isExponent = { (byte: UInt8) in byte | 0x20 == UInt8(ascii: "e") }
        let mantissa = number.prefix { !isExponent($0) }
        let exponent = String(decoding: number.dropFirst(mantissa.count).dropFirst(), as: UTF8.self)
        guard var power = exponent.isEmpty ? 0 : Int(exponent), abs(power) < 1_000_000_000 else {
            output += number
            return
        }
        var digits = mantissa.filter { $0 &- UInt8(ascii: "0") < 10 }
        if let point = mantissa.firstIndex(of: UInt8(ascii: ".")) { power -= mantissa.endIndex - point - 1 }
        while digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            power += 1
        }
        digits.removeFirst(digits.prefix { $0 == UInt8(ascii: "0") }.count)
        guard !digits.isEmpty else { return output.append(UInt8(ascii: "0")) }
        if number.first == UInt8(ascii: "-") { output.append(UInt8(ascii: "-")) }
        output += digits
        output.append(UInt8(ascii: "e"))
        output += "\(power)".utf8
    }
}
