extension JSONScanner {
    /// What to cut so that an object lacks a member: the member, and a comma beside it; nil when there is none, or more
    /// than one, of which another would count then.
    ///
    /// The bytes must be validated.
    static func extent(of name: StaticString, in object: Range<Int>, of bytes: Span<UInt8>) -> Range<Int>? {
        var extent: Range<Int>?
        // A member that was found first takes the comma behind it along, if there is one.
        var isFirst = false
        do {
            var position = object.lowerBound
            // Where the comma before the next member is; right behind the brace for the first one.
            var end = position + 1
            var members = try JSONMembers(bytes, &position, depth: depthLimit)
            while let key = try members.nextKey(bytes, &position) {
                if isFirst, let first = extent { extent = first.lowerBound..<key.range.lowerBound }
                isFirst = false
                _ = try value(bytes, &position, depth: depthLimit)
                if JSONString.equals(key, name, in: bytes) {
                    guard extent == nil else { return nil }
                    isFirst = end == object.lowerBound + 1
                    extent = (isFirst ? key.range.lowerBound : end)..<position
                }
                end = position
                skipWhitespace(bytes, &end)
            }
        } catch {
            return nil
        }
        return extent
    }
}
