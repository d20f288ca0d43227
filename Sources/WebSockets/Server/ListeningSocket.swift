// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// A bound, listening descriptor.
struct ListeningSocket {
    let descriptor: Int32
    let host: String
    let port: UInt16

    /// Binds and listens.
    ///
    /// - Parameter prepare: Sets what each accepted socket is to have: on Linux it gets the options of this one.
    init(host: String, port: UInt16, prepare: (_ descriptor: Int32) -> Void) throws(WebSocketError) {
        let address = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = unsafe list else {
            throw .cannotListen(address: address, reason: unsafe String(cString: gai_strerror(status)), inUse: false)
        }
        defer { unsafe freeaddrinfo(list) }
        let entry = unsafe first.pointee
        let descriptor = unsafe socket(entry.ai_family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else {
            throw .cannotListen(address: address, reason: errnoText(errno), inUse: false)
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        // Restarts needn't wait for old connections; two listeners are still refused.
        SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        prepare(descriptor)
        guard unsafe bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0, listen(descriptor, SOMAXCONN) == 0 else {
            let failure = errno
            close(descriptor)
            throw .cannotListen(address: address, reason: errnoText(failure), inUse: failure == EADDRINUSE)
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe _ = getsockname(descriptor, address, &length)
            }
        }
        let bound = SocketAddress.text(storage)
        self.descriptor = descriptor
        self.host = bound.host.contains(":") ? "[\(bound.host)]" : bound.host
        self.port = bound.port
    }
}

/// Reads the kernel's address structures.
enum SocketAddress {
    /// The numeric address of a peer, and what counts as one client with it.
    static func peer(_ storage: sockaddr_storage) -> (host: String, network: ClientNetwork) {
        guard storage.ss_family == sa_family_t(AF_INET) else {
            let host = text(storage).host
            return (host, ClientNetwork(of: host))
        }
        // By hand: getnameinfo takes as long as it takes to accept what it names.
        let address = unsafe withUnsafeBytes(of: storage) { unsafe $0.loadUnaligned(as: sockaddr_in.self) }
        let bits = UInt32(bigEndian: address.sin_addr.s_addr)
        return ("\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)", .ipv4(bits))
    }

    static func text(_ storage: sockaddr_storage) -> (host: String, port: UInt16) {
        var storage = storage
        return unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { host in
                    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXSERV)) { port in
                        let status = unsafe getnameinfo(
                            address,
                            socklen_t(MemoryLayout<sockaddr_storage>.size),
                            host.baseAddress,
                            socklen_t(host.count),
                            port.baseAddress,
                            socklen_t(port.count),
                            NI_NUMERICHOST | NI_NUMERICSERV
                        )
                        guard status == 0, let host = host.baseAddress, let port = port.baseAddress else {
                            return ("", 0)
                        }
                        return unsafe (String(cString: host), UInt16(String(cString: port)) ?? 0)
                    }
                }
            }
        }
    }
}

/// Sets integer socket options; a kernel that refuses one keeps its own value.
enum SocketOption {
    static let tcpLevel = Int32(IPPROTO_TCP)

    static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
