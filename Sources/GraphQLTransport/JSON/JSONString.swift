/// JSON strings in both directions: text to escaped bytes, and validated bytes back to text.
package enum JSONString {
    /// Appends text as a JSON string with its quotes; escapes what RFC 8259 section 7 demands and nothing more.
    package static func append(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 { appendEscaped(byte, to: &output) }
        output.append(UInt8(ascii: "\""))
    }

    /// The bytes of a JSON string, quotes included.
    package static func encode(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count + 2)
        append(text, to: &output)
        return output
    }

    /// The text of a string token, with U+FFFD in place of a lone surrogate; nil if the token is no string.
    package static func decode(_ token: JSONToken, in bytes: Span<UInt8>) -> String? {
        guard token.kind == .string else { return nil }
        guard token.hasEscapes else { return text(of: bytes.extracting(token.contents)) }
        var output: [UInt8] = []
        var position = token.contents.lowerBound
        while let unit = nextUnit(bytes, &position, end: token.contents.upperBound) {
            switch unit {
            case .byte(let byte): output.append(byte)
            case .scalar(let scalar): output.append(contentsOf: Array(String(scalar).utf8))
            case .loneSurrogate: output.append(contentsOf: [0xEF, 0xBF, 0xBD])
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// As `decode`, but nil for a string with a lone surrogate, of which no text can be made that is not another's.
    package static func decodeExactly(_ token: JSONToken, in bytes: Span<UInt8>) -> String? {
        if token.kind == .string, token.hasEscapes {
            var position = token.contents.lowerBound
            while let unit = nextUnit(bytes, &position, end: token.contents.upperBound) {
                if case .loneSurrogate = unit { return nil }
            }
        }
        return decode(token, in: bytes)
    }

    /// Whether a validated string, or what is within a validated object, escapes one half of a surrogate pair alone.
    ///
    /// Such an escape stands for no character: what is made of it is another text, and different peers make different
    /// ones.
    package static func hasLoneSurrogate(in range: Range<Int>, of bytes: Span<UInt8>) -> Bool {
        var position = range.lowerBound
        // Outside of strings there is no backslash.
        while let unit = nextUnit(bytes, &position, end: range.upperBound) {
            if case .loneSurrogate = unit { return true }
        }
        return false
    }

    /// Whether a string token means exactly this ASCII word, escapes considered.
    @inline(__always)
    static func equals(_ token: JSONToken, _ word: StaticString, in bytes: Span<UInt8>) -> Bool {
        let contents = token.contents
        guard !token.hasEscapes else { return equalsSlowly(token, word, in: bytes) }
        guard contents.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<contents.count {
            guard bytes[contents.lowerBound &+ index] == word.byte(at: index) else { return false }
        }
        return true
    }

    /// Appends a validated string token in the one form that every spelling of it shares.
    static func appendCanonical(_ token: JSONToken, in bytes: Span<UInt8>, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var position = token.contents.lowerBound
        while let unit = nextUnit(bytes, &position, end: token.contents.upperBound) {
            switch unit {
            case .byte(let byte): appendEscaped(byte, to: &output)
            case .scalar(let scalar): for byte in String(scalar).utf8 { appendEscaped(byte, to: &output) }
            case .loneSurrogate(let code): appendEscape(code, to: &output)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    /// What one step through the inside of a string yields.
    private enum Unit {
        case byte(UInt8)
        case scalar(Unicode.Scalar)
        case loneSurrogate(UInt32)
    }

    private static func nextUnit(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> Unit? {
        guard position < end else { return nil }
        let byte = bytes[position]
        position &+= 1
        guard byte == UInt8(ascii: "\\"), position < end else { return .byte(byte) }
        let escape = bytes[position]
        position &+= 1
        switch escape {
        case UInt8(ascii: "b"): return .byte(0x08)
        case UInt8(ascii: "f"): return .byte(0x0C)
        case UInt8(ascii: "n"): return .byte(0x0A)
        case UInt8(ascii: "r"): return .byte(0x0D)
        case UInt8(ascii: "t"): return .byte(0x09)
        case UInt8(ascii: "u"): return unicodeEscape(bytes, &position, end: end)
        default: return .byte(escape)
        }
    }

    /// Reads the digits of a `\u`, and of the second `\u` when the two make a surrogate pair.
    private static func unicodeEscape(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> Unit {
        let first = fourDigits(bytes, &position, end: end)
        if let scalar = Unicode.Scalar(first) { return .scalar(scalar) }
        guard first < 0xDC00, position + 1 < end, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return .loneSurrogate(first) }
        var ahead = position + 2
        let second = fourDigits(bytes, &ahead, end: end)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { return .loneSurrogate(first) }
        position = ahead
        return .scalar(scalar)
    }

    private static func fourDigits(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> UInt32 {
        var code: UInt32 = 0
        let stop = Swift.min(position + 4, end)
        while position < stop {
            code = code << 4 | (JSONScanner.hexadecimalValue(bytes[position]) ?? 0)
            position += 1
        }
        return code
    }

    private static func equalsSlowly(_ token: JSONToken, _ word: StaticString, in bytes: Span<UInt8>) -> Bool {
        var position = token.contents.lowerBound
        var matched = 0
        while let unit = nextUnit(bytes, &position, end: token.contents.upperBound) {
            let code: UInt32
            switch unit {
            case .byte(let byte): code = UInt32(byte)
            case .scalar(let scalar): code = scalar.value
            case .loneSurrogate: return false
            }
            guard matched < word.utf8CodeUnitCount, code == UInt32(word.byte(at: matched)) else { return false }
            matched += 1
        }
        return matched == word.utf8CodeUnitCount
    }

    private static func appendEscaped(_ byte: UInt8, to output: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            output.append(UInt8(ascii: "\\"))
            output.append(byte)
        case 0x08: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "b")])
        case 0x09: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
        case 0x0A: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
        case 0x0C: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "f")])
        case 0x0D: output.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
        case 0..<0x20: appendEscape(UInt32(byte), to: &output)
        default: output.append(byte)
        }
    }

    private static func appendEscape(_ code: UInt32, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        output.append(UInt8(ascii: "u"))
        for shift in [12, 8, 4, 0] as [UInt32] {
            let digit = UInt8(truncatingIfNeeded: code >> shift & 0xF)
            output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    /// The text of validated UTF-8.
    private static func text(of bytes: Span<UInt8>) -> String {
        unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }
}
