#if Cluster
internal import Glibc

/// A numeric address of a server, as the kernel has it for the peer of a socket.
struct ServerAddress: Sendable, Hashable {
    /// The address as a URL has it: one of IPv6 is in brackets.
    let text: String
    let port: UInt16

    /// The addresses of a server's host, however long the answer takes.
    static func all(of server: NATSServer) throws(NATSFailure) -> [ServerAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(server.host, "\(server.port)", &hints, &list)
        guard status == 0 else {
            let reason =
                unsafe status == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(status))
            throw NATSFailure(reason)
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [ServerAddress] = []
        var entry = unsafe list
        while let current = unsafe entry {
            if let address = unsafe ServerAddress(current.pointee.ai_addr), !addresses.contains(address) {
                addresses.append(address)
            }
            unsafe entry = current.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw NATSFailure("no usable address") }
        return addresses
    }

    /// The peer of a socket; nil if the descriptor is none, or isn't connected by TCP.
    static func peer(of descriptor: Int32) -> ServerAddress? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe getpeername(descriptor, address, &size) == 0 else { return nil }
                return unsafe ServerAddress(address)
            }
        }
    }

    private init?(_ address: UnsafePointer<sockaddr>?) {
        guard let address = unsafe address else { return nil }
        let bytes: [UInt8]
        switch unsafe Int32(address.pointee.sa_family) {
        case AF_INET:
            let value = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self)
            bytes = unsafe withUnsafeBytes(of: value.sin_addr) { unsafe Array($0) }
            port = UInt16(bigEndian: value.sin_port)
            text = bytes.map { "\($0)" }.joined(separator: ".")
        case AF_INET6:
            let value = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            bytes = unsafe withUnsafeBytes(of: value.sin6_addr) { unsafe Array($0) }
            port = UInt16(bigEndian: value.sin6_port)
            let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
            text = "[\(groups.map { String($0, radix: 16) }.joined(separator: ":"))]"
        default: return nil
        }
    }
}
#endif
