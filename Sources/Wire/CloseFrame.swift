/// The rules for the content of a close frame (RFC 6455, sections 5.5.1 and 7.4).
package enum CloseFrame {
    /// The most bytes of UTF-8 that fit after the code.
    package static let maximumReasonLength = 123

    /// Whether an endpoint may send a code: the others are reserved, or only reported locally.
    package static func maySend(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The longest prefix of a reason that fits, without cutting a character of UTF-8 (P21).
    package static func clip(_ reason: String) -> String {
        let bytes = reason.utf8
        guard bytes.count > maximumReasonLength else { return reason }
        var end = bytes.index(bytes.startIndex, offsetBy: maximumReasonLength)
        while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { bytes.formIndex(before: &end) }
        return String(reason[..<end])
    }

    /// The payload: the code, and as much of the reason as fits.
    package static func payload(_ code: UInt16, _ reason: String) -> [UInt8] {
        [UInt8(code >> 8), UInt8(code & 0xFF)] + clip(reason).utf8
    }
}
