import Glibc

/// A numeric IPv4 or IPv6 address with a port.
struct Address: Equatable {
    private enum Family: Equatable {
        case v4(UInt32)
        case v6([UInt8])
    }

    private let family: Family
    private let port: UInt16

    /// The address written as `host`, without brackets.
    ///
    /// `localhost` is 127.0.0.1; other names give nil.
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

    /// Begins a connection of a new non-blocking socket to the address.
    func connect(receiveBuffer: Int32?) throws(SystemError) -> Socket {
        let domain =
            switch family {
            case .v4: AF_INET
            case .v6: AF_INET6
            }
        let descriptor = socket(domain, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError(call: "socket", code: errno) }
        let socket = Socket(descriptor: descriptor)
        // The buffer has to be set before connecting: the window scale follows from it.
        if let receiveBuffer { socket.set(SOL_SOCKET, SO_RCVBUF, receiveBuffer) }
        socket.set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        guard begin(descriptor) == 0 || errno == EINPROGRESS else {
            let code = errno
            socket.close()
            throw SystemError(call: "connect", code: code)
        }
        return socket
    }

    private func begin(_ descriptor: Int32) -> Int32 {
        switch family {
        case .v4(let bits):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = bits
            return unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .v6(let bytes):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
            return unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }
}
