/// Why bytes aren't the required JSON, and where.
package struct ScanError: Error, Hashable, CustomStringConvertible {
    /// What was wrong.
    package enum Reason: Sendable, Hashable {
        /// The text ends inside a value.
        case unexpectedEnd
        /// A byte that RFC 8259 doesn't allow here.
        case unexpectedByte(UInt8)
        /// A number with a leading zero, or without required digits.
        case invalidNumber
        /// A backslash without an escape of RFC 8259 section 7.
        case invalidEscape
        /// A byte below 0x20 inside a string.
        case controlCharacter
        /// Bytes that aren't UTF-8: overlong, a surrogate, beyond U+10FFFF, or cut short.
        case invalidUTF8
        /// Arrays and objects nested deeper than allowed.
        case tooDeep
        /// Bytes after the end of the value.
        case trailingBytes
        /// A valid value, but not an object, which is required.
        case notAnObject
        /// More bytes than the scanner accepts.
        case tooLong
    }

    /// What was wrong.
    package let reason: Reason

    /// The offset of the error in bytes.
    package let offset: Int

    package var description: String {
        let what =
            switch reason {
            case .unexpectedEnd: "unexpected end"
            case .unexpectedByte(let byte): "unexpected byte 0x" + String(byte, radix: 16)
            case .invalidNumber: "invalid number"
            case .invalidEscape: "invalid escape"
            case .controlCharacter: "control character in a string"
            case .invalidUTF8: "invalid UTF-8"
            case .tooDeep: "nested too deeply"
            case .trailingBytes: "bytes after the value"
            case .notAnObject: "not an object"
            case .tooLong: "too long"
            }
        return "\(what) at byte \(offset)"
    }
}
