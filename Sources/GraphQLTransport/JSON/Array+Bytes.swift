extension Array where Element == UInt8 {
    /// Appends the UTF-8 of a literal.
    mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { unsafe append(contentsOf: $0) }
    }

    /// Appends borrowed bytes.
    package mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Appends a part of borrowed bytes.
    mutating func append(_ bytes: Span<UInt8>, in range: Range<Int>) { append(bytes.extracting(range)) }
}

extension StaticString {
    /// A byte of its UTF-8; the index must be within `utf8CodeUnitCount`.
    @inline(__always)
    func byte(at index: Int) -> UInt8 {
        precondition(index < utf8CodeUnitCount)
        return unsafe utf8Start[index]
    }
}
