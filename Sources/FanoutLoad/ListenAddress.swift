/// Where to listen.
struct ListenAddress: FlagValue, Equatable {
    static let allowed = "HOST:PORT with a numeric HOST or localhost, IPv6 in brackets; port 0 takes a free one"

    /// The address.
    let address: Address

    /// Reads `HOST:PORT`.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard let address = Address(host: String(host), port: port) else { return nil }
        self.address = address
    }
}
