#if Cluster
internal import CNats
internal import Glibc
internal import Synchronization

/// The sockets of libnats, which it doesn't show: the kernel knows them by their peers.
///
/// Its TLS handshake has no time limit; and when a server that has greeted says nothing more, libnats 3.4.1 reads on
/// and on without waiting, and keeps a byte of each time. And programs that are started inherit what it has opened.
enum ServerSockets {
    /// The local ports of the connections that are made and not to be cut.
    private static let connected = Mutex<Set<UInt16>>([])

    /// Keeps a connection that libnats has made from being cut; returns its local port.
    static func spare(_ connection: OpaquePointer) -> UInt16? {
        var address: UnsafeMutablePointer<CChar>?
        var port: Int32 = 0
        guard unsafe natsConnection_GetLocalIPAndPort(connection, &address, &port) == NATS_OK else { return nil }
        unsafe free(address)
        let local = UInt16(truncatingIfNeeded: port)
        connected.withLock { _ = $0.insert(local) }
        return local
    }

    /// Takes `spare` back.
    static func release(_ port: UInt16) { connected.withLock { _ = $0.remove(port) } }

    /// Shuts down the sockets of attempts to reach an address.
    ///
    /// Another link's attempt to reach the same server goes with it, and is made again.
    static func cut(_ address: ServerAddress) {
        for number in numbers(of: address) {
            // The number may mean another file by now; that of a duplicate can't change its meaning.
            let descriptor = fcntl(number, F_DUPFD_CLOEXEC, 0)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            guard ServerAddress.peer(of: descriptor) == address, let local = localPort(of: descriptor),
                !connected.withLock({ $0.contains(local) })
            else { continue }
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    /// Keeps the sockets to an address from programs that are started.
    static func keepFromPrograms(_ address: ServerAddress) {
        // Whatever a number means by now, no program should have it.
        for number in numbers(of: address) { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    }

    /// The descriptors of this process that are connected to an address.
    static func numbers(of address: ServerAddress) -> [Int32] {
        guard let folder = unsafe opendir("/proc/self/fd") else { return [] }
        defer { unsafe closedir(folder) }
        var numbers: [Int32] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let number = Int32(name), ServerAddress.peer(of: number) == address { numbers.append(number) }
        }
        return numbers
    }

    private static func localPort(of descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe getsockname(descriptor, address, &size)
            }
        }
        guard status == 0 else { return nil }
        // The port is at the same place for both families.
        return unsafe withUnsafeBytes(of: storage) { UInt16(unsafe $0[2]) << 8 | UInt16(unsafe $0[3]) }
    }
}
#endif
