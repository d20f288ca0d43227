internal import WebSockets

/// An address that clients come to, and what holds for those who do.
public struct ListenerConfiguration: Sendable, Hashable {
    /// Where to listen.
    public enum Address: Sendable, Hashable {
        /// A TCP port, of a numeric address or a name; port 0 takes a free one.
        case port(host: String, port: UInt16)
        /// A Unix socket: its path, the mode of its file, and the number of its group, nil for that of the process.
        ///
        /// A file that another process left behind is replaced; it is removed when the relay ends.
        case unix(path: String, mode: UInt32 = 0o660, group: UInt32? = nil)
        /// A listening socket that another process has bound, such as systemd.
        case adopted(descriptor: Int32)
    }

    /// Whether clients speak TLS.
    public enum TLS: Sendable, Hashable {
        /// As `Configuration.tls` says for all TCP ports; over Unix sockets they don't.
        case inherited
        /// They don't.
        case off
        /// They do, and the relay shows this certificate.
        case files(TLSFiles)
    }

    /// Where to listen.
    public var address: Address
    /// Whether clients speak TLS; by default as on other ports.
    public var tls = TLS.inherited
    /// Origins of web pages that may connect here; nil, the default, means `Admission.allowedOrigins`.
    public var allowedOrigins: Set<String>?

    /// Whether each connection begins with a header of the PROXY protocol, version 1 or 2, which names the client.
    ///
    /// Only `Configuration.trustedProxies` may connect then, and peers of a Unix socket.
    public var readsProxyHeader = false

    /// Listens on an address.
    public init(_ address: Address) { self.address = address }

    /// The TCP host that it listens on, without brackets; nil for a Unix socket, or when it isn't known.
    var host: String? {
        switch address {
        case .port(let host, _): return host
        case .unix: return nil
        case .adopted(let descriptor):
            guard case .port(let host, _) = BoundAddress(ofListening: descriptor) else { return nil }
            return host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        }
    }

    /// Whether it is a Unix socket.
    package var isUnix: Bool { host == nil }

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        guard let host else { return true }
        return OwnAddress(listenHost: host, isSecure: false, names: []).isLoopback
    }

    /// The certificate and key that it shows, when all others show these; nil without TLS.
    package func files(_ common: TLSFiles?) -> TLSFiles? {
        switch tls {
        case .inherited: host == nil ? nil : common
        case .off: nil
        case .files(let files): files
        }
    }

    /// What is allowed of clients that come here.
    func admission(_ common: Admission, _ files: TLSFiles?) -> Admission {
        var admission = common
        if let allowedOrigins { admission.allowedOrigins = allowedOrigins }
        admission.ownAddress = OwnAddress(
            listenHost: host ?? "localhost",
            isSecure: self.files(files) != nil,
            names: admission.allowedHosts
        )
        return admission
    }

    var listenerAddress: Listener.Address {
        switch address {
        case .port(let host, let port): .port(host: host, port: port)
        case .unix(let path, let mode, let group): .unix(UnixPath(path, mode: mode, group: group))
        case .adopted(let descriptor): .adopted(descriptor: descriptor)
        }
    }
}

extension ListenerConfiguration: CustomStringConvertible {
    /// The address as `--listen` takes it.
    public var description: String {
        switch address {
        case .port(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path, _, _): "unix:\(path)"
        case .adopted(let descriptor):
            switch BoundAddress(ofListening: descriptor) {
            case .port(let host, let port): "\(host):\(port)"
            case .unix(let path): "unix:\(path)"
            case nil: "descriptor \(descriptor)"
            }
        }
    }
}
