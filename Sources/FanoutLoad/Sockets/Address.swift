import Glibc

/// A numeric IPv4 or IPv6 address with a port.
struct Address: Equatable {
    private enum Family: Equatable {
        case v4(UInt32)
        case v6([UInt8])
    }

    private let family: Family
    private let port: UInt16

    /// The address of `host`, without brackets.
    ///
    /// `localhost` is 127.0.0.1; any other name gives nil.
    init?(host: String, port: UInt16) {
        self.port = port
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host, &v4) == 1 {
            family = .v4(v4.s_addr)
        } else if unsafe inet_pton(AF_INET6, host, &v6) == 1 {
            family = .v6(unsafe withUnsafeBytes(of: v6) { unsafe Array($0) })
        } else {
            return nil
        }
    }

    /// An IPv4 address as a number in the host's byte order; nil for IPv6.
    var v4Number: UInt32? {
        if case .v4(let bits) = family { UInt32(bigEndian: bits) } else { nil }
    }

    /// The IPv4 address of a number in the host's byte order.
    init(v4Number: UInt32, port: UInt16) {
        family = .v4(v4Number.bigEndian)
        self.port = port
    }

    /// Starts to connect a new non-blocking socket to the address, from `source` if one is given.
    func connect(receiveBuffer: Int32?, from source: Address? = nil) throws(SystemError) -> Socket {
        let socket = try makeSocket()
        // Must be set before connecting, because the window scale depends on it.
        if let receiveBuffer { socket.set(SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
        socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if let source {
            // The port is chosen when connecting, so that all ports are available for each destination.
            socket.set(Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, 1)
            try unsafe source.check(socket, "bind") { unsafe bind(socket.descriptor, $0, $1) }
        }
        try unsafe check(socket, "connect", unless: EINPROGRESS) { unsafe Glibc.connect(socket.descriptor, $0, $1) }
        return socket
    }

    /// A new non-blocking socket that listens on the address.
    func listen() throws(SystemError) -> Socket {
        let socket = try makeSocket()
        socket.set(SOL_SOCKET, SO_REUSEADDR, 1)
        try unsafe check(socket, "bind") { unsafe bind(socket.descriptor, $0, $1) }
        guard Glibc.listen(socket.descriptor, 4096) == 0 else {
            let code = errno
            socket.close()
            throw SystemError(call: "listen", code: code)
        }
        return socket
    }

    private func makeSocket() throws(SystemError) -> Socket {
        let domain =
            switch family {
            case .v4: AF_INET
            case .v6: AF_INET6
            }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(domain, type, 0)
        guard descriptor >= 0 else { throw SystemError(call: "socket", code: errno) }
        return Socket(descriptor: descriptor)
    }

    /// Makes a call with the address; if it fails with another code than `pending`, closes the socket and throws.
    private func check(
        _ socket: Socket,
        _ call: String,
        unless pending: Int32 = 0,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemError) {
        guard unsafe withSockaddr(body) != 0 else { return }
        let code = errno
        guard code != pending else { return }
        socket.close()
        throw SystemError(call: call, code: code)
    }

    private func withSockaddr(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        switch family {
        case .v4(let bits):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = bits
            return unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .v6(let bytes):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
            return unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }
}
