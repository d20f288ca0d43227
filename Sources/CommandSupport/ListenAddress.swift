/// An address and port to listen on.
package struct ListenAddress: FlagValue, Hashable {
    package static let allowed = "HOST:PORT, [IPV6]:PORT or PORT, with a port of 0 to 65535"

    /// A name or a numeric address, without brackets.
    package let host: String
    /// The port; 0 takes a free one.
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`, `[ADDRESS]:PORT`, or a port alone, which means 127.0.0.1.
    package init?(_ text: String) {
        let colon = text.lastIndex(of: ":")
        let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
        // `UInt16` itself would accept a sign.
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
        var host = colon.map { text[..<$0] } ?? "127.0.0.1"
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        // Without brackets it would be unclear where an IPv6 address ends.
        guard !host.isEmpty, !host.contains("["), !host.contains("]"), isBracketed || !host.contains(":") else {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
