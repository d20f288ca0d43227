/// A form of JSON in which texts with the same meaning have the same bytes.
///
/// Members are sorted by key, and of duplicates the last one stays. White space is removed, and strings are written in
/// one way. Numbers stay as written, because a server may distinguish `1` from `1.0`.
package enum CanonicalJSON {
    /// The canonical form of variables or extensions: missing, null and `{}` all become `{}`.
    ///
    /// One member of the object itself, not of nested ones, can be left out.
    package static func object(
        _ raw: Span<UInt8>,
        omitting omitted: StaticString? = nil
    ) throws(ScanError) -> [UInt8] {
        let token = try JSONScanner.scan(raw)
        switch token.kind {
        case .null: return empty
        case .object:
            var output: [UInt8] = []
            var position = token.range.lowerBound
            try appendObject(raw, &position, depth: JSONScanner.defaultDepth, omitting: omitted, to: &output)
            return output
        case .absent, .boolean, .number, .string, .array:
            throw ScanError(reason: .notAnObject, offset: token.range.lowerBound)
        }
    }

    /// The same for bytes that may be missing.
    package static func object(
        _ raw: [UInt8]?,
        omitting omitted: StaticString? = nil
    ) throws(ScanError) -> [UInt8] {
        guard let raw else { return empty }
        return try object(raw.span, omitting: omitted)
    }

    /// The canonical form of any value.
    package static func value(_ raw: Span<UInt8>) throws(ScanError) -> [UInt8] {
        let token = try JSONScanner.scan(raw)
        var output: [UInt8] = []
        var position = token.range.lowerBound
        try append(raw, &position, depth: JSONScanner.defaultDepth, to: &output)
        return output
    }

    static let empty: [UInt8] = [UInt8(ascii: "{"), UInt8(ascii: "}")]

    private static func append(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        depth: Int,
        to output: inout [UInt8]
    ) throws(ScanError) {
        switch bytes[position] {
        case UInt8(ascii: "{"): try appendObject(bytes, &position, depth: depth, omitting: nil, to: &output)
        case UInt8(ascii: "["): try appendArray(bytes, &position, depth: depth, to: &output)
        default:
            let token = try JSONScanner.value(bytes, &position, depth: depth)
            if token.kind == .string {
                JSONString.appendCanonical(token, in: bytes, to: &output)
            } else {
                output.append(bytes, in: token.range)
            }
        }
    }

    private static func appendObject(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        depth: Int,
        omitting omitted: StaticString?,
        to output: inout [UInt8]
    ) throws(ScanError) {
        var walk = try JSONMembers(bytes, &position, depth: depth)
        var members: [(key: [UInt8], value: [UInt8], index: Int)] = []
        while let token = try walk.nextKey(bytes, &position) {
            if let omitted, JSONString.equals(token, omitted, in: bytes) {
                _ = try JSONScanner.value(bytes, &position, depth: depth - 1)
                continue
            }
            var key: [UInt8] = []
            JSONString.appendCanonical(token, in: bytes, to: &key)
            var value: [UInt8] = []
            try append(bytes, &position, depth: depth - 1, to: &value)
            members.append((key, value, members.count))
        }
        members.sort { one, other in
            one.key == other.key ? one.index < other.index : one.key.lexicographicallyPrecedes(other.key)
        }
        output.append(UInt8(ascii: "{"))
        var isFirst = true
        for (index, member) in members.enumerated() {
            if index + 1 < members.count, members[index + 1].key == member.key { continue }
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            output.append(contentsOf: member.key)
            output.append(UInt8(ascii: ":"))
            output.append(contentsOf: member.value)
        }
        output.append(UInt8(ascii: "}"))
    }

    private static func appendArray(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        depth: Int,
        to output: inout [UInt8]
    ) throws(ScanError) {
        var elements = try JSONElements(bytes, &position, depth: depth)
        output.append(UInt8(ascii: "["))
        var isFirst = true
        while try elements.next(bytes, &position) {
            if !isFirst { output.append(UInt8(ascii: ",")) }
            isFirst = false
            try append(bytes, &position, depth: depth - 1, to: &output)
        }
        output.append(UInt8(ascii: "]"))
    }
}
