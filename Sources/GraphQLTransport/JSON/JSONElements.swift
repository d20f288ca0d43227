/// Iterates over the elements of one array; the caller skips each value.
struct JSONElements {
    private var isFirst = true

    /// Enters the array whose bracket is at the position; `depth` is how many more levels are allowed.
    @inline(__always)
    init(_ bytes: Span<UInt8>, _ position: inout Int, depth: Int) throws(ScanError) {
        guard depth > 0 else { throw ScanError(reason: .tooDeep, offset: position) }
        position &+= 1
    }

    /// Moves to the first byte of the next element; false at the array's end, which is passed.
    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) -> Bool {
        JSONScanner.skipWhitespace(bytes, &position)
        guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
        if bytes[position] == UInt8(ascii: "]") {
            position &+= 1
            return false
        }
        if !isFirst {
            guard bytes[position] == UInt8(ascii: ",") else {
                throw ScanError(reason: .unexpectedByte(bytes[position]), offset: position)
            }
            position &+= 1
            JSONScanner.skipWhitespace(bytes, &position)
        }
        isFirst = false
        return true
    }
}
