/// Reads an integer as JSON writes it.
enum IntegerText {
    /// The value of `-?[0-9]+`, trailing white space allowed; nil for anything else or beyond 64 bits.
    static func parse(_ text: Span<UInt8>) -> Int64? {
        var end = text.count
        while end > 0, text[end - 1] <= 0x20 { end -= 1 }
        let isNegative = end > 0 && text[0] == UInt8(ascii: "-")
        let start = isNegative ? 1 : 0
        guard start < end else { return nil }
        var value: Int64 = 0
        for index in start..<end {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) else { return nil }
            let digit = Int64(text[index] - UInt8(ascii: "0"))
            let (scaled, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = scaled.addingReportingOverflow(isNegative ? -digit : digit)
            guard !tooLarge, !overflow else { return nil }
            value = sum
        }
        return value
    }
}
