internal import WebSockets

/// An address that a relay listens on.
public struct ListenerSummary: Sendable, Hashable, CustomStringConvertible {
    /// `http://HOST:PORT` or `https://HOST:PORT`, or `unix:PATH`.
    public let address: String
    /// The path of a Unix socket; nil for a TCP port.
    public let path: String?
    /// Whether clients speak TLS.
    public let isSecure: Bool
    /// Whether connections begin with a header of the PROXY protocol.
    public let readsProxyHeader: Bool
    /// Whether requests are refused that have no Origin and name a host other than the relay's.
    ///
    /// True on loopback, on Unix sockets, and with `Admission.allowedHosts`.
    public let checksHost: Bool
    /// Whether everybody on other machines who reaches it may have all that the relay serves.
    public let isOpenToOthers: Bool
    /// Whether operators need a token at a listener of theirs.
    public private(set) var asksOperators = false

    init(of operators: OperatorsPlace, at index: Int, _ listener: ListenerConfiguration) {
        self.init(operators.listener.addresses[index], listener, operators.admissions[index], isOpen: false)
        asksOperators = operators.doors[index] != .operators(isOpen: true)
    }

    init(_ bound: BoundAddress, _ listener: ListenerConfiguration, _ admission: Admission, isOpen: Bool) {
        readsProxyHeader = listener.readsProxyHeader
        isSecure = admission.ownAddress.isSecure
        switch bound {
        case .port(let host, let port):
            address = "\(isSecure ? "https" : "http")://\(host):\(port)"
            path = nil
        case .unix(let path):
            address = "unix:\(path)"
            self.path = path
        }
        checksHost = admission.checksHost
        isOpenToOthers = isOpen && !admission.ownAddress.isLoopback
    }

    /// The address, with a word for what it doesn't say by itself.
    public var description: String {
        let notes = [path != nil && isSecure ? "TLS" : nil, readsProxyHeader ? "PROXY protocol" : nil]
        let text = notes.compactMap(\.self).joined(separator: ", ")
        return text.isEmpty ? address : "\(address) (\(text))"
    }
}
