import Glibc

/// A listening socket on a loopback address, for servers that a test plays itself.
final class RawListener: @unchecked Sendable {
    let port: UInt16
    private let descriptor: Int32

    init(
        family: Int32 = AF_INET,
        port: UInt16 = 0,
        sharesAddress: Bool = false,
        listens: Bool = true,
        backlog: Int32 = 128
    ) throws {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var reuse: Int32 = sharesAddress ? 1 : 0
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        var status: Int32 = -1
        if family == AF_INET6 {
            storage.sin6_family = sa_family_t(AF_INET6)
            storage.sin6_port = port.bigEndian
            storage.sin6_addr = in6addr_loopback
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { target in
                unsafe withUnsafeBytes(of: &address) { unsafe target.copyMemory(from: $0) }
            }
        }
        unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                status = unsafe bind(descriptor, address, length)
                if status == 0, listens { status = listen(descriptor, backlog) }
                unsafe getsockname(descriptor, address, &length)
            }
        }
        self.descriptor = descriptor
        self.port = UInt16(bigEndian: storage.sin6_port)
        guard status == 0 else { throw RawPeer.Failure(description: "bind: \(errno)") }
        var timeout = timeval(tv_sec: 15, tv_usec: 0)
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_RCVTIMEO,
            &timeout,
            socklen_t(MemoryLayout<timeval>.size)
        )
    }

    deinit { close(descriptor) }

    func accept() throws -> RawPeer {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw RawPeer.Failure(description: "accept: \(errno)") }
        _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
        return RawPeer(adopting: accepted)
    }

    /// True when somebody has connected that was not accepted yet.
    var isCalled: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) == 1
    }
}
