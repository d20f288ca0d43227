internal import Wire

/// The address of a NATS server: `nats://HOST[:PORT]`, or `tls://HOST[:PORT]` for one that is reached by TLS only.
package struct NATSServer: Sendable, Hashable, CustomStringConvertible {
    /// Why a text is no list of servers.
    package enum Fault: Error, Sendable, Hashable, CustomStringConvertible {
        case empty
        /// More than ``NATSServer/maximumCount``.
        case tooMany
        case scheme(String)
        /// A URL stands where other users of the machine can read it.
        case credentials
        case address(String)
        /// Some with `nats://`, others with `tls://`: whether a password travels encrypted must not be chance.
        case mixedSchemes

        package var description: String {
            switch self {
            case .empty: "no server is named"
            case .tooMany: "more than \(NATSServer.maximumCount) servers are named"
            case .scheme(let text): "'\(text)' begins with neither nats:// nor tls://"
            case .credentials: "a server's URL has a user in it; credentials belong in a file"
            case .address(let text): "'\(text)' has no valid host or port"
            case .mixedSchemes: "nats:// and tls:// are mixed"
            }
        }
    }

    /// The port of NATS.
    package static let defaultPort: UInt16 = 4222
    /// The most servers of a list.
    package static let maximumCount = 64

    /// Whether only TLS will do.
    package let isSecure: Bool
    /// A name or an address; one of IPv6 is without brackets.
    package let host: String
    package let port: UInt16

    /// Reads one URL.
    package init(parsing text: some StringProtocol) throws(Fault) {
        let text = String(text)
        guard let mark = text.firstRange(of: "://") else { throw .scheme(text) }
        switch text[..<mark.lowerBound] {
        case "nats": isSecure = false
        case "tls": isSecure = true
        default: throw .scheme(text)
        }
        let authority = text[mark.upperBound...]
        guard !authority.contains("@") else { throw .credentials }
        guard let (host, digits) = AuthorityText.split(String(authority)), let host = Self.host(host),
            let port = digits.map({ UInt16($0) }) ?? Self.defaultPort, port > 0
        else { throw .address(text) }
        self.host = host
        self.port = port
    }

    /// Reads a list of URLs with commas between them.
    package static func list(parsing text: some StringProtocol) throws(Fault) -> [NATSServer] {
        var servers: [NATSServer] = []
        for part in text.split(separator: ",") {
            let words = part.drop { $0 == " " }
            let server = try NATSServer(parsing: words)
            if !servers.contains(server) { servers.append(server) }
        }
        guard let first = servers.first else { throw .empty }
        guard servers.count <= maximumCount else { throw .tooMany }
        guard servers.allSatisfy({ $0.isSecure == first.isSecure }) else { throw .mixedSchemes }
        return servers
    }

    /// A name, or an address without its brackets; nil when it is neither.
    private static func host(_ text: String) -> String? {
        if text.hasPrefix("[") {
            let address = text.dropFirst().dropLast()
            return IPAddress(address) == nil ? nil : String(address)
        }
        let isName = text.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
        return isName && !text.isEmpty && text.utf8.count <= 253 ? text : nil
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
    }

    /// The host and the port.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
