/// The members of one JSON object, in order; for small objects such as settings, not for messages.
package struct JSONObject: Sendable {
    /// Each member's decoded name, and the place of its value.
    package let members: [(name: String, value: JSONToken)]

    /// Reads a whole text, which must contain one object.
    package init(_ bytes: Span<UInt8>) throws(ScanError) {
        var position = try JSONScanner.scanObject(bytes).range.lowerBound
        var members: [(name: String, value: JSONToken)] = []
        var walk = try JSONMembers(bytes, &position, depth: JSONScanner.defaultDepth)
        while let key = try walk.nextKey(bytes, &position) {
            let value = try JSONScanner.value(bytes, &position, depth: JSONScanner.defaultDepth - 1)
            members.append((JSONString.decode(key, in: bytes) ?? "", value))
        }
        self.members = members
    }
}
