import GraphQLTransport

/// Finds where a text stops being JSON (RFC 8259), which FoundationEssentials doesn't tell.
enum JSONFault {
    /// The line, from 1, of the first byte that can't stand where it does; nil in JSON, and in what is nested too
    /// deeply.
    ///
    /// A text that ends too early is wrong where it ends.
    static func line(in text: [UInt8]) -> Int? {
        // A byte order mark, which the decoder takes too.
        let text = text.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(text.dropFirst(3)) : text
        do throws(ScanError) {
            _ = try JSONScanner.scan(text.span, maximumDepth: JSONScanner.depthLimit)
            return nil
        } catch {
            guard error.reason != .tooDeep else { return nil }
            return 1 + text.prefix(error.offset).count { $0 == UInt8(ascii: "\n") }
        }
    }
}
