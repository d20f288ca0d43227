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
    /// - Parameter prepare: Sets options on the listening socket, which accepted ones inherit on Linux.
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
        // A restart then doesn't have to wait for old connections; a second listener is still refused.
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
