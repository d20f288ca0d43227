/// Iterates over the members of one object; the caller skips each value.
struct JSONMembers {
    private var isFirst = true

    /// Enters the object whose brace is at the position; `depth` is how many more levels are allowed.
    @inline(__always)
    init(_ bytes: Span<UInt8>, _ position: inout Int, depth: Int) throws(ScanError) {
        guard depth > 0 else { throw ScanError(reason: .tooDeep, offset: position) }
        position &+= 1
    }

    /// Moves to the first byte of the next member's value and returns its key; nil at the object's end, which is
    /// passed.
    @inline(__always)
    mutating func nextKey(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) -> JSONToken? {
        JSONScanner.skipWhitespace(bytes, &position)
        guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
        if bytes[position] == UInt8(ascii: "}") {
            position &+= 1
            return nil
        }
        if !isFirst {
            guard bytes[position] == UInt8(ascii: ",") else { throw unexpected(bytes, position) }
            position &+= 1
            JSONScanner.skipWhitespace(bytes, &position)
            guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
        }
        isFirst = false
        guard bytes[position] == UInt8(ascii: "\"") else { throw unexpected(bytes, position) }
        let key = try JSONScanner.string(bytes, &position)
        JSONScanner.skipWhitespace(bytes, &position)
        guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
        guard bytes[position] == UInt8(ascii: ":") else { throw unexpected(bytes, position) }
        position &+= 1
        JSONScanner.skipWhitespace(bytes, &position)
        return key
    }

    private func unexpected(_ bytes: Span<UInt8>, _ position: Int) -> ScanError {
        ScanError(reason: .unexpectedByte(bytes[position]), offset: position)
    }
}
