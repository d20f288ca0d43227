extension JSONScanner {
    /// The value of a member of an object within validated bytes; absent if there is none.
    ///
    /// Of a member that occurs twice the last counts. Names are compared with escapes considered.
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
