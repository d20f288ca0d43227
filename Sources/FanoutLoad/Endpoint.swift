import CommandSupport

/// Where to connect: a ws://, wss://, http:// or https:// URL.
struct Endpoint: FlagValue, Equatable {
    /// The schemes of URLs.
    enum Scheme: String, CaseIterable {
        case ws, wss, http, https

        var isSecure: Bool { self == .wss || self == .https }
        var usualPort: UInt16 { isSecure ? 443 : 80 }
    }

    static let allowed = "ws://HOST[:PORT][/PATH][?QUERY], or wss://, and http:// or https:// for sse"

    /// The URL as it was written.
    let description: String
    let scheme: Scheme
    /// The name or numeric address of the host, without brackets.
    let name: String
    let port: UInt16
    /// The value of the Host header.
    let host: String
    /// The path with its leading slash, or nil if the URL has none.
    let path: String?
    /// The query without its question mark, or nil if the URL has none.
    let query: String?
    /// The address to connect to; nil for a name that isn't looked up yet.
    private(set) var address: Address?

    /// Whether it is for plain requests rather than WebSockets.
    var isHTTP: Bool { scheme == .http || scheme == .https }

    /// Reads a URL; the port is 80, or 443 with TLS, if none is given.
    init?(_ text: String) {
        guard let scheme = Scheme.allCases.first(where: { text.hasPrefix("\($0.rawValue)://") }),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("#")
        else { return nil }
        self.scheme = scheme
        description = text
        let rest = text.dropFirst("\(scheme.rawValue)://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        let path = target.prefix { $0 != "?" }
        self.path = path.isEmpty ? nil : String(path)
        query = path.count < target.count ? String(target.dropFirst(path.count + 1)) : nil
        guard let (name, port) = Self.split(authority, usualPort: scheme.usualPort) else { return nil }
        self.name = name
        self.port = port
        address = Address(host: name, port: port)
        guard address != nil || Self.isName(name) else { return nil }
        host = String(authority)
    }

    /// Looks the host up, unless its address is known.
    mutating func resolve() throws(NameLookup.Failure) {
        if address == nil { address = try NameLookup.address(of: name, port: port) }
    }

    private static func isName(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        // What ends with a number is a mistyped address (the URL standard of WHATWG, section 3.5).
        let last = text.split(separator: ".").last ?? ""
        return isPlain && (1...253).contains(text.utf8.count) && !last.isEmpty && !last.allSatisfy(\.isNumber)
    }

    private static func split(_ authority: Substring, usualPort: UInt16) -> (host: String, port: UInt16)? {
        var host = authority
        var port = Substring("\(usualPort)")
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
