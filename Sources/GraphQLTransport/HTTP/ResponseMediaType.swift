/// What the `Content-Type` of an HTTP answer says about its body.
enum ResponseMediaType: Hashable {
    /// `application/graphql-response+json`.
    case graphQL

    /// `application/json`.
    case json

    /// Any other type, a character set other than UTF-8, or none.
    case other

    /// Reads a header's value (RFC 9110 section 8.3.1); of its parameters only `charset` counts.
    init(_ contentType: String?) {
        let parts = (contentType ?? "").utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        let type = parts.first.map(Self.normalised) ?? ""
        let hasForeignCharset = parts.dropFirst().contains { part in
            let parameter = Self.normalised(part)
            return parameter.hasPrefix("charset=")
                && !["charset=utf-8", "charset=\"utf-8\"", "charset=utf8"].contains(parameter)
        }
        switch type {
        case "application/graphql-response+json" where !hasForeignCharset: self = .graphQL
        case "application/json" where !hasForeignCharset: self = .json
        default: self = .other
        }
    }

    /// The text in lower case without the white space around it.
    private static func normalised(_ part: Substring.UTF8View) -> String {
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let start = part.drop(while: isSpace)
        let end = start.lastIndex { !isSpace($0) }.map { start.index(after: $0) } ?? start.startIndex
        return String(Substring(start[..<end])).lowercased()
    }
}
