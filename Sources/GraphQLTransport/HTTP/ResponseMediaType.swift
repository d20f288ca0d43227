internal import Wire

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
        let type = MediaType(contentType?[...] ?? "")
        let isForeign = type.values(of: "charset").contains { $0 != "utf-8" && $0 != "utf8" }
        switch type.name {
        case "application/graphql-response+json" where !isForeign: self = .graphQL
        case "application/json" where !isForeign: self = .json
        default: self = .other
        }
    }
}
