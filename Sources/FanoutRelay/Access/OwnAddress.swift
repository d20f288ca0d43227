internal import WebSockets
internal import Wire

/// What a relay knows of its own address, to refuse requests that were meant for another host.
///
/// A page of any site can make its own host name resolve to 127.0.0.1 (DNS rebinding). The browser then regards the
/// page and the relay as one origin. A numeric address can't be rebound, nor can localhost (RFC 6761, section 6.3).
struct OwnAddress: Sendable {
    /// The name or address that the relay listens on.
    var listenHost = "127.0.0.1"
    /// Whether clients speak TLS, with the relay or with a proxy before it.
    var isSecure = false
    /// Further names of the relay, in lower case, without a port.
    var names: Set<String> = []

    /// Whether a Host header names the relay in a way that no other site can imitate.
    func isNamed(by host: String) -> Bool {
        guard let name = Self.name(in: host) else { return false }
        return name == listenHost.lowercased() || names.contains(name) || Self.isLocal(name)
            || ClientNetwork(of: name) != .unknown
    }

    /// Whether an Origin is that of pages served at a Host; a relay with TLS serves no page over http.
    func isOrigin(_ origin: String, at host: String) -> Bool {
        origin == "https://\(host)" || (!isSecure && origin == "http://\(host)")
    }

    /// Whether only this machine can reach the relay, so that its clients need no other name for it.
    var isLoopback: Bool {
        let host = listenHost.lowercased()
        if case .ipv4(let address) = ClientNetwork(of: host) { return address >> 24 == 127 }
        return host == "::1" || Self.isLocal(host)
    }

    private static func isLocal(_ name: String) -> Bool { name == "localhost" || name.hasSuffix(".localhost") }

    private static func name(in host: String) -> String? {
        guard var name = AuthorityText.split(host.lowercased())?.host else { return nil }
        if name.hasPrefix("["), name.hasSuffix("]") { return String(name.dropFirst().dropLast()) }
        // A final dot makes a name absolute (no search list is tried); it is the same name.
        if name.last == "." { name.removeLast() }
        return name
    }
}
