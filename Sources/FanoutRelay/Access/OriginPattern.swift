internal import WebSockets
internal import Wire

/// The origins of all subdomains of a name, such as `https://*.example.org`; the name itself isn't one of them.
package struct OriginPattern: Hashable, Sendable, CustomStringConvertible {
    /// The pattern, as browsers would write its origins.
    package let description: String
    private let scheme: String
    /// What the host of each origin ends with: a dot, the name, and the port unless it is the default.
    private let suffix: String

    /// Reads a pattern that an operator wrote; the asterisk stands for the first labels of the host, and for nothing
    /// else.
    package init?(parsing text: String) {
        guard let mark = text.firstRange(of: "://"), text[mark.upperBound...].hasPrefix("*.") else { return nil }
        let name = text[mark.upperBound...].dropFirst(2)
        guard let origin = WebOrigin(parsing: "\(text[..<mark.upperBound])\(name)"), !origin.host.hasPrefix("["),
            let host = AuthorityText.split(origin.host)?.host, ClientNetwork(of: host) == .unknown
        else { return nil }
        scheme = String(origin.description.prefix { $0 != ":" })
        suffix = ".\(origin.host)"
        description = "\(scheme)://*\(suffix)"
    }

    /// Whether an Origin header names a page of one of these origins.
    func matches(origin text: String) -> Bool {
        guard let origin = WebOrigin(parsing: text), origin.description == text else { return false }
        return origin.description.hasPrefix("\(scheme)://") && matches(host: origin.host)
    }

    /// Whether a Host header, in lower case, names the host of one of these origins.
    func matches(host: String) -> Bool {
        host.hasSuffix(suffix) && host.utf8.count > suffix.utf8.count && !host.hasPrefix(".")
    }
}
