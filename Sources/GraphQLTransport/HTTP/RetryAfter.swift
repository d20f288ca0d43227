/// The header `Retry-After` of an HTTP answer (RFC 9110 section 10.2.3).
package enum RetryAfter {
    /// The longest wait in seconds: longer ones are reduced to it, as in RFC 9111 section 1.2.2.
    package static let maximum: Int64 = 1 << 31

    /// The wait that a value asks for; nil if it is neither a number of seconds nor a date.
    ///
    /// `now` is the time in seconds since 1970, UTC; a past date means no wait. Dates are read only in the form that
    /// senders must use, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func parse(_ text: String, now: Int64) -> Duration? {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var bytes = Array(text.utf8.drop(while: isSpace))
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        if let seconds = seconds(bytes) { return .seconds(seconds) }
        guard let date = HTTPDate.parse(bytes) else { return nil }
        let (wait, overflow) = date.subtractingReportingOverflow(now)
        if overflow { return .seconds(now < 0 ? maximum : 0) }
        return .seconds(Swift.min(Swift.max(wait, 0), maximum))
    }

    private static func seconds(_ bytes: [UInt8]) -> Int64? {
        guard !bytes.isEmpty else { return nil }
        var seconds: Int64 = 0
        for byte in bytes {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            seconds = Swift.min(seconds * 10 + Int64(digit), maximum)
        }
        return seconds
    }
}
