internal import Wire

/// A web origin as browsers write it (RFC 6454, section 6.2): scheme, host, and the port unless it is the default.
package struct WebOrigin: Hashable, Sendable, CustomStringConvertible {
    /// The value of the Origin header.
    package let description: String
    /// Host and port, as in the Host header of a request to that origin.
    package let host: String

    /// Reads an origin that an operator wrote: in any case, with a default port, or with a slash at the end.
    ///
    /// Nil for what no browser sends: a path, user information, a wildcard, characters other than ASCII.
    package init?(parsing text: String) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        var rest = text[mark.upperBound...]
        if rest.last == "/" { rest.removeLast() }
        guard let first = scheme.utf8.first, Self.isLetter(first),
            scheme.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || "+-.".utf8.contains($0) }),
            rest.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"/?#@*\\,\"<>".utf8.contains($0) })
        else { return nil }
        guard let (name, given) = AuthorityText.split(rest.lowercased()) else { return nil }
        var port: String?
        if let given {
            guard given.utf8.allSatisfy(Self.isDigit), let number = UInt16(given), number > 0 else { return nil }
            port = Self.usualPorts[scheme] == number ? nil : String(number)
        }
        guard !name.isEmpty, name.hasPrefix("[") == name.contains(":") else { return nil }
        host = port.map { "\(name):\($0)" } ?? name
        description = "\(scheme)://\(host)"
    }

    private static let usualPorts: [String: UInt16] = ["http": 80, "https": 443]

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
