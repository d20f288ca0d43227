/// The URL of a GraphQL server's WebSocket: `ws` or `wss`.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// True for `wss`.
    public let isSecure: Bool
    /// A name or a numeric address, without brackets.
    public let host: String
    /// The TCP port; 80 or 443 unless the URL has one.
    public let port: UInt16
    /// The path and query; `/` at least.
    public let path: String

    /// Reads a URL (RFC 3986, section 3) without user information and fragment.
    ///
    /// - Throws: `EndpointError` with one line that names what is wrong.
    public init(parsing url: String) throws(EndpointError) {
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw EndpointError(url: url, problem: "a space, control or non-ASCII character must be percent-encoded")
        }
        let start = url.prefix(6).lowercased()
        isSecure = start == "wss://"
        guard isSecure || start.hasPrefix("ws://") else {
            throw EndpointError(url: url, problem: "it must start with ws:// or wss://")
        }
        let rest = url.dropFirst(isSecure ? 6 : 5)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let authority = rest[..<end]
        let tail = rest[end...]
        guard !tail.contains("#") else { throw EndpointError(url: url, problem: "a fragment has no place in it") }
        guard !authority.contains("@") else {
            throw EndpointError(url: url, problem: "credentials belong in a header, not in the URL")
        }
        path = tail.hasPrefix("/") ? String(tail) : "/" + tail
        let portText: Substring?
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else {
                throw EndpointError(url: url, problem: "the address lacks its closing bracket")
            }
            host = String(authority[authority.index(after: authority.startIndex)..<bracket])
            guard host.isEmpty || host.contains(":") else {
                throw EndpointError(url: url, problem: "brackets are for an address of IPv6")
            }
            let after = authority[authority.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else {
                throw EndpointError(url: url, problem: "after the address comes a port or a path")
            }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = String(parts.first ?? "")
            portText = parts.count > 1 ? parts[1] : nil
        }
        guard !host.isEmpty else { throw EndpointError(url: url, problem: "it names no host") }
        if let portText {
            // A number's own parsing would take a sign.
            guard portText.allSatisfy(\.isNumber), let number = UInt16(portText), number > 0 else {
                throw EndpointError(url: url, problem: "the port must be 1 to 65535")
            }
            port = number
        } else {
            port = isSecure ? 443 : 80
        }
    }

    /// The whole URL.
    public var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isSecure ? "wss" : "ws")://\(name):\(port)\(path)"
    }
}

/// A URL that names no WebSocket.
public struct EndpointError: Error, Hashable, CustomStringConvertible {
    /// The text as given.
    public let url: String
    /// What is wrong with it.
    public let problem: String

    /// One line.
    public var description: String { "'\(url)' is no WebSocket URL: \(problem)" }
}
