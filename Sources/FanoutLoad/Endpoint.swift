import CommandSupport

/// Where to connect: a ws:// or http:// URL.
struct Endpoint: FlagValue, Equatable {
    static let allowed =
        "ws://HOST[:PORT][/PATH][?QUERY], or http:// for sse, with a numeric HOST or localhost (no TLS, no names)"

    /// The URL as it was written.
    let description: String
    /// The numeric address and port to connect to.
    let address: Address
    /// The value of the Host header.
    let host: String
    /// The path with its leading slash, or nil if the URL has none.
    let path: String?
    /// The query without its question mark, or nil if the URL has none.
    let query: String?

    /// Whether it was written with http://.
    let isHTTP: Bool

    /// Reads a ws:// or http:// URL; the port is 80 if none is given.
    init?(_ text: String) {
        isHTTP = text.hasPrefix("http://")
        guard isHTTP || text.hasPrefix("ws://"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#")
        else {
            return nil
        }
        description = text
        let rest = text.dropFirst(isHTTP ? "http://".count : "ws://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        let path = target.prefix { $0 != "?" }
        self.path = path.isEmpty ? nil : String(path)
        query = path.count < target.count ? String(target.dropFirst(path.count + 1)) : nil

        guard let (name, port) = Self.split(authority), let address = Address(host: name, port: port) else {
            return nil
        }
        self.address = address
        host = String(authority)
    }

    private static func split(_ authority: Substring) -> (host: String, port: UInt16)? {
        var host = authority
        var port = Substring("80")
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            let rest = authority[authority.index(after: bracket)...]
            guard rest.isEmpty || rest.hasPrefix(":"), host.contains(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port), number > 0 else {
            return nil
        }
        return (String(host), number)
    }
}
