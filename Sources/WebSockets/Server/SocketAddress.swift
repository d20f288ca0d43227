// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Reads the kernel's address structures.
enum SocketAddress {
    /// What stands for the address of a Unix socket's peer, which has none.
    static let unixPeer = "unix"

    /// The numeric address of a peer, and its network for the limits.
    static func peer(_ storage: sockaddr_storage) -> (host: String, network: ClientNetwork) {
        if storage.ss_family == sa_family_t(AF_UNIX) { return (unixPeer, .unknown) }
        guard storage.ss_family == sa_family_t(AF_INET) else {
            let host = text(storage).host
            return (host, ClientNetwork(of: host))
        }
        // Written out here, because getnameinfo takes as long as accepting the connection.
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

    // Unix sockets.

    /// The path of a Unix socket's address; empty when it has none.
    static func path(_ storage: sockaddr_storage) -> String {
        unsafe withUnsafeBytes(of: storage) { bytes in
            let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0
            let path = unsafe bytes[start..<min(bytes.count, MemoryLayout<sockaddr_un>.size)]
            return unsafe String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// False with `errno`.
    static func bind(_ descriptor: Int32, to path: String) -> Bool {
        unsafe withAddress(of: path) { unsafe Glibc.bind(descriptor, $0, $1) == 0 }
    }

    /// False with `errno`.
    static func connect(_ descriptor: Int32, to path: String) -> Bool {
        unsafe withAddress(of: path) { unsafe Glibc.connect(descriptor, $0, $1) == 0 }
    }

    private static func withAddress(
        of path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8.prefix(UnixPath.maximumSize))
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
