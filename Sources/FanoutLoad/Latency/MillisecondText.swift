/// Reads a time in a payload: milliseconds, with or without a fraction.
enum MillisecondText {
    /// The microseconds in `[0-9]+(\.[0-9]+)?`, at most 15 digits before the point; finer digits are cut.
    static func microseconds(_ text: Span<UInt8>) -> Int64? {
        var value: Int64 = 0
        var digits = 0
        var position = 0
        while position < text.count, let digit = digit(text[position]) {
            guard digits < 15 else { return nil }
            value = value * 10 + digit
            digits += 1
            position += 1
        }
        guard digits > 0 else { return nil }
        value *= 1000
        guard position < text.count else { return value }
        guard text[position] == UInt8(ascii: "."), position + 1 < text.count else { return nil }
        var weight: Int64 = 100
        for index in position + 1..<text.count {
            guard let digit = digit(text[index]) else { return nil }
            value += digit * weight
            weight /= 10
        }
        return value
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        let isDigit = byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        return isDigit ? Int64(byte - UInt8(ascii: "0")) : nil
    }
}
