// The socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// How many bytes of a connection were transferred in each direction; the counts are TCP's only.
enum TransferredBytes {
    /// The offsets of two counters in the kernel's `struct tcp_info`, of which glibc declares only the first part.
    private static let (acknowledged, received) = (120, 128)
    private static let size = 136

    /// How many bytes were read from the kernel so far; nil when that is unknown.
    static func read(of descriptor: Int32) -> UInt64? {
        // Bytes that arrive between the two calls would make the result wrong; then the calls are repeated.
        for _ in 0..<8 {
            guard let before = count(at: received, of: descriptor) else { return nil }
            var unread: Int32 = 0
            guard unsafe ioctl(descriptor, UInt(FIONREAD), &unread) == 0 else { return nil }
            if count(at: received, of: descriptor) == before { return before - min(before, UInt64(max(0, unread))) }
        }
        return nil
    }

    /// How many bytes the peer's kernel has acknowledged so far; nil when that is unknown.
    static func acknowledged(of descriptor: Int32) -> UInt64? { count(at: acknowledged, of: descriptor) }

    /// How many bytes have arrived so far; nil when that is unknown.
    static func received(by descriptor: Int32) -> UInt64? { count(at: received, of: descriptor) }

    /// Whether any byte was read from a Unix socket since the last call; nil when that is unknown, as before the second
    /// call, and for other sockets.
    ///
    /// The kernel keeps an offset for peeking, and lowers it by each byte that is read (socket(7), SO_PEEK_OFF). So
    /// nobody may peek at the socket any more.
    static func wasRead(_ descriptor: Int32) -> Bool? {
        guard SocketOption.get(descriptor, SOL_SOCKET, SO_DOMAIN) == AF_UNIX,
            let offset = SocketOption.get(descriptor, SOL_SOCKET, SO_PEEK_OFF)
        else { return nil }
        SocketOption.set(descriptor, SOL_SOCKET, SO_PEEK_OFF, .max)
        return offset < 0 ? nil : offset < .max
    }

    private static func count(at place: Int, of descriptor: Int32) -> UInt64? {
        unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { buffer in
            var length = socklen_t(size)
            let status = unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, buffer.baseAddress, &length)
            guard status == 0, length == socklen_t(size) else { return nil }
            return unsafe buffer.load(fromByteOffset: place, as: UInt64.self)
        }
    }
}
