/// The session's operation ids in messages: decimal numbers without leading zeros, as strings.
enum OperationID {
    /// The number of an id token; nil if the session can't have written it.
    static func parse(_ token: JSONToken, in bytes: Span<UInt8>) -> UInt64? {
        guard !token.hasEscapes else { return parseDecoded(token, in: bytes) }
        guard token.kind == .string else { return nil }
        return parse(digits: bytes.extracting(token.contents))
    }

    /// The number of an id's text.
    static func parse(digits bytes: Span<UInt8>) -> UInt64? {
        guard !bytes.isEmpty, bytes.count <= 20 else { return nil }
        guard bytes[0] != UInt8(ascii: "0") || bytes.count == 1 else { return nil }
        var number: UInt64 = 0
        for index in bytes.indices {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { return nil }
            number = sum
        }
        return number
    }

    /// The same if the server writes digits as `\u0031`, which JSON allows.
    private static func parseDecoded(_ token: JSONToken, in bytes: Span<UInt8>) -> UInt64? {
        guard let text = JSONString.decodeExactly(token, in: bytes) else { return nil }
        let encoded = JSONString.encode(text)
        let copy = JSONToken(.string, from: 0, to: encoded.count, hasEscapes: encoded.contains(UInt8(ascii: "\\")))
        return copy.hasEscapes ? nil : parse(copy, in: encoded.span)
    }
}
