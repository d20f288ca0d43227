/// The elements of one JSON array, in order; for small arrays such as settings, not for messages.
package struct JSONArray: Sendable {
    /// The places of the elements.
    package let elements: [JSONToken]

    /// Reads a whole text; nil when it isn't one array.
    package init?(_ bytes: Span<UInt8>) {
        do throws(ScanError) {
            let token = try JSONScanner.scan(bytes)
            guard token.kind == .array else { return nil }
            var position = token.range.lowerBound
            var elements: [JSONToken] = []
            var walk = try JSONElements(bytes, &position, depth: JSONScanner.defaultDepth)
            while try walk.next(bytes, &position) {
                elements.append(try JSONScanner.value(bytes, &position, depth: JSONScanner.defaultDepth - 1))
            }
            self.elements = elements
        } catch {
            return nil
        }
    }
}
