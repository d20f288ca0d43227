/// How proxies write whom they pass on.
extension IPAddress {
    /// Reads a node (RFC 7239, section 6): an address, in quotes and brackets or not, with a port or without one.
    ///
    /// Nil for `unknown`, for a hidden name such as `_gateway`, and for anything else.
    init?(forwardedNode text: ArraySlice<UInt8>) {
        var text = text
        if text.count >= 2, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") {
            text = text.dropFirst().dropLast()
        }
        if text.first == UInt8(ascii: "[") {
            guard let bracket = text.firstIndex(of: UInt8(ascii: "]")),
                bracket == text.endIndex - 1 || Self.isPort(text[(bracket + 1)...])
            else { return nil }
            text = text[..<bracket].dropFirst()
            guard text.contains(UInt8(ascii: ":")) else { return nil }
        } else if let colon = text.firstIndex(of: UInt8(ascii: ":")), text.lastIndex(of: UInt8(ascii: ":")) == colon {
            // A single colon is that of a port: an IPv6 address has two at least.
            guard Self.isPort(text[colon...]) else { return nil }
            text = text[..<colon]
        }
        self.init(text)
    }

    /// Whether it is a colon and a port, which may be hidden, such as `:_port`.
    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: ":") else { return false }
        let port = text.dropFirst()
        if port.first == UInt8(ascii: "_") { return port.count > 1 && port.dropFirst().allSatisfy(\.isToken) }
        return (1...5).contains(port.count) && port.allSatisfy(\.isDigit)
    }
}
