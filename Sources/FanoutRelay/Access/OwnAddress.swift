internal import WebSockets
internal import Wire

/// What a relay knows of its own address, to tell requests for it from those that only ended up here.
///
/// A page of any site can have its own name resolve to 127.0.0.1 (DNS rebinding), and then is of the same origin as its
/// requests to the relay, as far as the browser can see. Nobody can do that with a numeric address, nor with localhost
/// (RFC 6761, section 6.3).
struct OwnAddress: Sendable {
    /// The name or address that the relay listens on.
    var listenHost = "127.0.0.1"
    /// Whether it serves TLS itself.
    var isSecure = false
    /// Other names for it, in lower case, without a port.
    var names: Set<String> = []

    /// Whether a Host header names the relay, whoever may answer for names.
    func isNamed(by host: String) -> Bool {
        guard let name = Self.name(in: host) else { return false }
        return name == listenHost.lowercased() || names.contains(name) || Self.isLocal(name)
            || ClientNetwork(of: name) != .unknown
    }

    /// Whether an Origin is that of the pages at a Host: behind TLS of its own no page of http is.
    func isOrigin(_ origin: String, at host: String) -> Bool {
        origin == "https://\(host)" || (!isSecure && origin == "http://\(host)")
    }

    /// Whether only this machine reaches the relay, so that its clients have no other name for it.
    var isLoopback: Bool {
        let host = listenHost.lowercased()
        if case .ipv4(let address) = ClientNetwork(of: host) { return address >> 24 == 127 }
        return host == "::1" || Self.isLocal(host)
    }

    private static func isLocal(_ name: String) -> Bool { name == "localhost" || name.hasSuffix(".localhost") }

    private static func name(in host: String) -> String? {
        guard var name = AuthorityText.split(host.lowercased())?.host else { return nil }
        if name.hasPrefix("["), name.hasSuffix("]") { return String(name.dropFirst().dropLast()) }
        // As a name is written that no search list is to be tried for.
        if name.last == "." { name.removeLast() }
        return name
    }
}
