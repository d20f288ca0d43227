#if Cluster
import Glibc

extension Int32 {
    /// Binds a socket to a free port of the loopback, which is returned, and listens.
    package func listenOnLoopback() throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(self, address, size) == 0 ? getsockname(self, address, &size) : -1
            }
        }
        guard status == 0, listen(self, 16) == 0 else { throw NATSServerProcess.Failure(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
#endif
