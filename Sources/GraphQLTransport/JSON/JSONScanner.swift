/// One pass over JSON text: validates it by RFC 8259, decodes nothing, allocates nothing.
///
/// Every function takes the position of the first byte of its subject and moves it past the last.
package enum JSONScanner {
    /// The longest text a scan accepts, in bytes, since tokens hold offsets of 32 bits.
    package static let maximumLength = Int(UInt32.max)

    /// The deepest nesting that any caller may allow: each level costs a stack frame.
    package static let depthLimit = 512

    /// The depth allowed where the caller names none.
    package static let defaultDepth = 64

    /// Validates a whole text that holds one value of any kind, with white space around it.
    ///
    /// `maximumDepth` counts arrays and objects within one another; it is at most `depthLimit`.
    package static func scan(
        _ bytes: Span<UInt8>,
        maximumDepth: Int = defaultDepth
    ) throws(ScanError) -> JSONToken {
        guard bytes.count <= maximumLength else { throw ScanError(reason: .tooLong, offset: maximumLength) }
        var position = 0
        skipWhitespace(bytes, &position)
        let token = try value(bytes, &position, depth: Swift.min(maximumDepth, depthLimit))
        try expectEnd(bytes, &position)
        return token
    }

    /// Validates a whole text that must hold one object.
    package static func scanObject(
        _ bytes: Span<UInt8>,
        maximumDepth: Int = defaultDepth
    ) throws(ScanError) -> JSONToken {
        let token = try scan(bytes, maximumDepth: maximumDepth)
        guard token.kind == .object else { throw ScanError(reason: .notAnObject, offset: token.range.lowerBound) }
        return token
    }

    /// Passes one value; `depth` is how many more levels of nesting are allowed.
    @inline(__always)
    static func value(_ bytes: Span<UInt8>, _ position: inout Int, depth: Int) throws(ScanError) -> JSONToken {
        guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
        let byte = bytes[position]
        if byte == UInt8(ascii: "\"") { return try string(bytes, &position) }
        return try otherValue(bytes, &position, byte, depth: depth)
    }

    private static func otherValue(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        _ byte: UInt8,
        depth: Int
    ) throws(ScanError) -> JSONToken {
        let start = position
        switch byte {
        case UInt8(ascii: "{"):
            try object(bytes, &position, depth: depth)
            return JSONToken(.object, from: start, to: position)
        case UInt8(ascii: "["):
            try array(bytes, &position, depth: depth)
            return JSONToken(.array, from: start, to: position)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try number(bytes, &position)
            return JSONToken(.number, from: start, to: position)
        case UInt8(ascii: "t"):
            try word("true", bytes, &position)
            return JSONToken(.boolean, from: start, to: position)
        case UInt8(ascii: "f"):
            try word("false", bytes, &position)
            return JSONToken(.boolean, from: start, to: position)
        case UInt8(ascii: "n"):
            try word("null", bytes, &position)
            return JSONToken(.null, from: start, to: position)
        default:
            throw ScanError(reason: .unexpectedByte(byte), offset: position)
        }
    }

    private static func object(_ bytes: Span<UInt8>, _ position: inout Int, depth: Int) throws(ScanError) {
        var members = try JSONMembers(bytes, &position, depth: depth)
        while try members.nextKey(bytes, &position) != nil {
            _ = try value(bytes, &position, depth: depth - 1)
        }
    }

    private static func array(_ bytes: Span<UInt8>, _ position: inout Int, depth: Int) throws(ScanError) {
        var elements = try JSONElements(bytes, &position, depth: depth)
        while try elements.next(bytes, &position) {
            _ = try value(bytes, &position, depth: depth - 1)
        }
    }

    private static func number(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position &+= 1 }
        let leadingZero = position < bytes.count && bytes[position] == UInt8(ascii: "0")
        let integerDigits = digits(bytes, &position)
        guard integerDigits > 0 else { throw unfinishedNumber(bytes, position) }
        guard !leadingZero || integerDigits == 1 else { throw ScanError(reason: .invalidNumber, offset: start) }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position &+= 1
            guard digits(bytes, &position) > 0 else { throw unfinishedNumber(bytes, position) }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position &+= 1
            }
            guard digits(bytes, &position) > 0 else { throw unfinishedNumber(bytes, position) }
        }
    }

    private static func digits(_ bytes: Span<UInt8>, _ position: inout Int) -> Int {
        let start = position
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position &+= 1 }
        return position &- start
    }

    private static func unfinishedNumber(_ bytes: Span<UInt8>, _ position: Int) -> ScanError {
        ScanError(reason: position < bytes.count ? .invalidNumber : .unexpectedEnd, offset: position)
    }

    private static func word(
        _ word: StaticString,
        _ bytes: Span<UInt8>,
        _ position: inout Int
    ) throws(ScanError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
            guard bytes[position] == word.byte(at: index) else {
                throw ScanError(reason: .unexpectedByte(bytes[position]), offset: position)
            }
            position &+= 1
        }
    }

    /// Passes the white space of RFC 8259 section 2.
    @inline(__always)
    static func skipWhitespace(_ bytes: Span<UInt8>, _ position: inout Int) {
        while position < bytes.count {
            let byte = bytes[position]
            // Everything above the space is the common case and leaves at once.
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position &+= 1
        }
    }

    /// Passes trailing white space and requires the end of the text.
    static func expectEnd(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) {
        skipWhitespace(bytes, &position)
        guard position == bytes.count else { throw ScanError(reason: .trailingBytes, offset: position) }
    }
}
