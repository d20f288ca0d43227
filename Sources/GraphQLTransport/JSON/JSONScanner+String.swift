extension JSONScanner {
    /// Skips a string, whose opening quote is at the position, and validates its escapes and its UTF-8.
    static func string(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) -> JSONToken {
        let start = position
        var hasEscapes = false
        position &+= 1
        while true {
            skipPlainWords(bytes, &position)
            guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position &+= 1
                return JSONToken(.string, from: start, to: position, hasEscapes: hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try escape(bytes, &position)
            } else if byte >= 0x80 {
                // Such scalars come in runs, within which words of eight bytes are of no use.
                repeat {
                    try multibyteScalar(bytes, &position)
                } while position < bytes.count && bytes[position] >= 0x80
            } else if byte < 0x20 {
                throw ScanError(reason: .controlCharacter, offset: position)
            } else {
                position &+= 1
            }
        }
    }

    /// Moves to the next quote, backslash, control character or non-ASCII byte, eight bytes at a time.
    ///
    /// It stops earlier when fewer than eight bytes are left; the caller then continues byte by byte.
    @inline(__always)
    private static func skipPlainWords(_ bytes: Span<UInt8>, _ position: inout Int) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        let raw = unsafe bytes.bytes
        while raw.byteCount &- position >= 8 {
            let word = unsafe UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            // The classic zero-byte test, which is exact for the lowest matching byte, the one that is wanted.
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let control = (word &- ones &* 0x20) & ~word
            let special =
                (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | control | word) & highBits
            if special != 0 {
                position &+= special.trailingZeroBitCount &>> 3
                return
            }
            position &+= 8
        }
    }

    private static func escape(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) {
        let backslash = position
        position &+= 1
        guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 1
        case UInt8(ascii: "u"):
            position &+= 1
            for _ in 0..<4 {
                guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
                guard hexadecimalValue(bytes[position]) != nil else {
                    throw ScanError(reason: .invalidEscape, offset: backslash)
                }
                position &+= 1
            }
        default:
            throw ScanError(reason: .invalidEscape, offset: backslash)
        }
    }

    /// Skips one scalar of two to four bytes.
    @inline(__always)
    static func multibyteScalar(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) {
        let lead = bytes[position]
        let left = bytes.count &- position
        if lead &- 0xC2 <= 0xDF - 0xC2, left > 1, isContinuation(bytes[position &+ 1]) {
            position &+= 2
        } else if lead &- 0xE1 <= 0xEC - 0xE1, left > 2, isContinuation(bytes[position &+ 1]),
            isContinuation(bytes[position &+ 2])
        {
            position &+= 3
        } else {
            try rareScalar(bytes, &position)
        }
    }

    @inline(__always)
    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// The complete table of well-formed sequences, Unicode section 3.9.
    private static func rareScalar(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) {
        let lead = bytes[position]
        let continuations: Int
        var allowed: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: continuations = 1
        case 0xE0: (continuations, allowed) = (2, 0xA0...0xBF)
        case 0xED: (continuations, allowed) = (2, 0x80...0x9F)
        case 0xE1...0xEF: continuations = 2
        case 0xF0: (continuations, allowed) = (3, 0x90...0xBF)
        case 0xF1...0xF3: continuations = 3
        case 0xF4: (continuations, allowed) = (3, 0x80...0x8F)
        default: throw ScanError(reason: .invalidUTF8, offset: position)
        }
        let start = position
        position &+= 1
        for _ in 0..<continuations {
            guard position < bytes.count, allowed.contains(bytes[position]) else {
                throw ScanError(reason: .invalidUTF8, offset: start)
            }
            allowed = 0x80...0xBF
            position &+= 1
        }
    }

    /// The value of a hexadecimal digit in either case.
    static func hexadecimalValue(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }
}
