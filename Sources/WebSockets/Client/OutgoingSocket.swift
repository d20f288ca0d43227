// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// TCP connections that are made to somebody.
enum OutgoingSocket {
    /// A non-blocking socket on its way to a numeric address; negative, with `errno`, when there is none.
    static func connecting(to address: String, _ port: UInt16) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(address, "\(port)", &hints, &list) == 0, let entry = unsafe list?.pointee else {
            errno = EADDRNOTAVAIL
            return -1
        }
        defer { unsafe freeaddrinfo(list) }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = unsafe socket(entry.ai_family, kind, 0)
        guard descriptor >= 0 else { return -1 }
        SocketOption.set(descriptor, SocketOption.tcpLevel, TCP_NODELAY, 1)
        if unsafe Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 || errno == EINPROGRESS {
            return descriptor
        }
        let failure = errno
        Glibc.close(descriptor)
        errno = failure
        return -1
    }

    /// Why a socket that was on its way isn't connected; 0 when it is.
    static func failure(of descriptor: Int32) -> Int32 {
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
        return failure
    }
}
