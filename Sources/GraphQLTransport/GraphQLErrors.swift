/// Arrays of GraphQL errors: the payload of an `error` message, and the member `errors` of a result.
enum GraphQLErrors {
    /// Whether the member `errors` of a result says anything: it is neither missing, null nor an empty array.
    static func occur(in token: JSONToken, of bytes: Span<UInt8>) -> Bool {
        guard token.kind == .array else { return !token.isAbsentOrNull }
        var position = token.range.lowerBound + 1
        JSONScanner.skipWhitespace(bytes, &position)
        return position != token.range.upperBound - 1
    }

    /// Whether a token of validated bytes is an array, not empty, of objects that each have a `message`.
    static func isValid(_ token: JSONToken, in bytes: Span<UInt8>) -> Bool {
        guard token.kind == .array else { return false }
        do {
            var position = token.range.lowerBound
            var count = 0
            var elements = try JSONElements(bytes, &position, depth: JSONScanner.depthLimit)
            while try elements.next(bytes, &position) {
                guard try isError(bytes, &position) else { return false }
                count += 1
            }
            return count > 0
        } catch {
            return false
        }
    }

    private static func isError(_ bytes: Span<UInt8>, _ position: inout Int) throws(ScanError) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return false }
        var hasMessage = false
        var members = try JSONMembers(bytes, &position, depth: JSONScanner.depthLimit)
        while let key = try members.nextKey(bytes, &position) {
            if JSONString.equals(key, "message", in: bytes) { hasMessage = true }
            _ = try JSONScanner.value(bytes, &position, depth: JSONScanner.depthLimit)
        }
        return hasMessage
    }
}
