// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// A bound, listening descriptor.
struct ListeningSocket {
    let descriptor: Int32
    let address: BoundAddress
    /// The file that has to be removed when the socket is closed.
    let file: SocketFile?

    /// Binds and listens, or takes a socket that listens already.
    ///
    /// - Parameter prepare: Sets options on a listening TCP socket, which accepted ones inherit on Linux.
    init(_ address: Listener.Address, prepare: (_ descriptor: Int32) -> Void) throws(WebSocketError) {
        switch address {
        case .port(let host, let port): try self.init(host: host, port: port, prepare: prepare)
        case .unix(let path): try self.init(path)
        case .adopted(let descriptor): try self.init(adopting: descriptor, prepare: prepare)
        }
    }

    init(descriptor: Int32, address: BoundAddress, file: SocketFile?) {
        self.descriptor = descriptor
        self.address = address
        self.file = file
    }

    private init(host: String, port: UInt16, prepare: (_ descriptor: Int32) -> Void) throws(WebSocketError) {
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
        Self.setUp(descriptor)
        // A restart then doesn't have to wait for old connections; a second listener is still refused.
        SocketOption.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        prepare(descriptor)
        guard unsafe bind(descriptor, entry.ai_addr, entry.ai_addrlen) == 0, listen(descriptor, SOMAXCONN) == 0 else {
            let failure = errno
            Glibc.close(descriptor)
            throw .cannotListen(address: address, reason: errnoText(failure), inUse: failure == EADDRINUSE)
        }
        let (boundHost, boundPort) = SocketAddress.text(Self.name(of: descriptor))
        self.init(
            descriptor: descriptor,
            address: .port(host: boundHost.contains(":") ? "[\(boundHost)]" : boundHost, port: boundPort),
            file: nil
        )
    }

    /// Takes a socket that another process has bound; its file stays when it is closed.
    private init(adopting descriptor: Int32, prepare: (_ descriptor: Int32) -> Void) throws(WebSocketError) {
        guard let address = Self.address(ofListening: descriptor) else {
            throw .cannotListen(
                address: "descriptor \(descriptor)",
                reason: "it is no listening stream socket of TCP or Unix",
                inUse: false
            )
        }
        Self.setUp(descriptor)
        if case .port = address { prepare(descriptor) }
        self.init(descriptor: descriptor, address: address, file: nil)
    }

    /// Closes the socket, and removes the file that was made for it.
    func close() {
        // The file first: once the socket is closed, another process may have put its own in that place.
        file?.remove()
        Glibc.close(descriptor)
    }

    static func setUp(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    /// The address of a socket; nil unless it listens, is a stream, and is one of TCP or Unix.
    static func address(ofListening descriptor: Int32) -> BoundAddress? {
        guard SocketOption.get(descriptor, SOL_SOCKET, SO_ACCEPTCONN) == 1,
            SocketOption.get(descriptor, SOL_SOCKET, SO_TYPE) == Int32(SOCK_STREAM.rawValue)
        else { return nil }
        let name = name(of: descriptor)
        switch Int32(name.ss_family) {
        case AF_INET, AF_INET6:
            let (host, port) = SocketAddress.text(name)
            return .port(host: host.contains(":") ? "[\(host)]" : host, port: port)
        case AF_UNIX: return .unix(path: SocketAddress.path(name))
        default: return nil
        }
    }

    private static func name(of descriptor: Int32) -> sockaddr_storage {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe _ = getsockname(descriptor, address, &length)
            }
        }
        return storage
    }
}
