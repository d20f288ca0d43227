extension JSONScanner {
    /// Whether a text has an object, at any depth, in which two members have one name, escapes considered.
    ///
    /// Readers differ in which of the two they take (RFC 8259, section 4). What isn't JSON counts as having some.
    package static func hasDuplicateMembers(_ bytes: Span<UInt8>) -> Bool {
        do throws(ScanError) {
            var position = try scan(bytes).range.lowerBound
            return try hasDuplicates(bytes, &position, depth: defaultDepth)
        } catch {
            return true
        }
    }

    private static func hasDuplicates(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        depth: Int
    ) throws(ScanError) -> Bool {
        switch bytes[position] {
        case UInt8(ascii: "{"):
            var names: [[UInt8]] = []
            var walk = try JSONMembers(bytes, &position, depth: depth)
            while let key = try walk.nextKey(bytes, &position) {
                var name: [UInt8] = []
                JSONString.appendCanonical(key, in: bytes, to: &name)
                names.append(name)
                if try hasDuplicates(bytes, &position, depth: depth - 1) { return true }
            }
            return Set(names).count < names.count
        case UInt8(ascii: "["):
            var walk = try JSONElements(bytes, &position, depth: depth)
            while try walk.next(bytes, &position) {
                if try hasDuplicates(bytes, &position, depth: depth - 1) { return true }
            }
            return false
        default:
            _ = try value(bytes, &position, depth: depth)
            return false
        }
    }
}
