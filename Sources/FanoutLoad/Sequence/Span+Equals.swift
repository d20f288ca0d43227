import Glibc

extension Span where Element == UInt8 {
    /// Whether the bytes are those of an ASCII literal.
    func equals(_ literal: StaticString) -> Bool {
        let (count, start) = unsafe (literal.utf8CodeUnitCount, literal.utf8Start)
        guard self.count == count else { return false }
        for index in indices where unsafe self[index] != start[index] { return false }
        return true
    }

    /// Whether the bytes are those of `other`.
    func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe withUnsafeBytes { bytes in
            unsafe other.withUnsafeBytes { otherBytes in
                guard let start = bytes.baseAddress, let otherStart = otherBytes.baseAddress else { return true }
                return unsafe memcmp(start, otherStart, bytes.count) == 0
            }
        }
    }

    /// Whether the bytes are those of `other`.
    func equals(_ other: [UInt8]) -> Bool {
        equals(other.span)
    }
}
