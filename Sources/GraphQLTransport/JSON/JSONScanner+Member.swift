extension JSONScanner {
    /// The value of a member of an object in validated bytes; absent if there is none.
    ///
    /// Of duplicate members the last one counts. Names are compared after decoding escapes.
    package static func member(
        _ name: StaticString,
        of object: Range<Int>,
        in bytes: Span<UInt8>
    ) -> JSONToken {
        var value = JSONToken.absent
        do {
            var position = object.lowerBound
            var members = try JSONMembers(bytes, &position, depth: depthLimit)
            while let key = try members.nextKey(bytes, &position) {
                let token = try self.value(bytes, &position, depth: depthLimit)
                if JSONString.equals(key, name, in: bytes) { value = token }
            }
        } catch {
            return .absent
        }
        return value
    }
}
