import CEpoll
import Glibc

/// A non-blocking stream socket, identified by its descriptor; its owner closes it once.
struct Socket: Equatable {
    /// The result of a read.
    enum Reading: Equatable {
        case bytes(Int)
        case wouldBlock
        case endOfStream
        case failed(Int32)
    }

    /// The result of a write.
    enum Writing: Equatable {
        case wrote(Int)
        case wouldBlock
        case failed(Int32)
    }

    /// The file descriptor.
    let descriptor: Int32

    /// Returns and clears the socket's pending error, which says how a connect ended; 0 if there is none.
    func takeError() -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return errno }
        return code
    }

    /// Sets an integer option; failures are ignored, since all options used are hints.
    func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Reads once into `buffer`, at most `limit` bytes.
    func read(into buffer: inout [UInt8], limit: Int = .max) -> Reading {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe recv(descriptor, bytes.baseAddress, min(bytes.count, limit), 0)
        }
        guard count < 0 else { return count == 0 ? .endOfStream : .bytes(count) }
        let code = errno
        return code == EAGAIN || code == EINTR ? .wouldBlock : .failed(code)
    }

    /// Writes as much of `bytes` as the kernel takes, in one call.
    func write(_ bytes: borrowing [UInt8]) -> Writing {
        write(bytes.span)
    }

    /// Writes as much of `bytes` as the kernel takes, in one call.
    func write(_ bytes: Span<UInt8>) -> Writing {
        let count = unsafe bytes.withUnsafeBytes {
            unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count < 0 else { return .wrote(count) }
        let code = errno
        return code == EAGAIN || code == EINTR ? .wouldBlock : .failed(code)
    }

    /// Accepts a connection as a non-blocking socket; nil if none is waiting any more.
    func accept() throws(SystemError) -> Socket? {
        let accepted = cepoll_accept(descriptor, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
        if accepted >= 0 { return Socket(descriptor: accepted) }
        let code = errno
        guard code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM else { return nil }
        throw SystemError(call: "accept", code: code)
    }

    /// Whether there is a peer.
    var isConnected: Bool {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        return unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getpeername(descriptor, $0, &size)
            }
        } == 0
    }

    /// The port that the socket is bound to; 0 if it isn't bound.
    var localPort: UInt16 {
        // The port has the same offset in the addresses of both families.
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &size)
            }
        }
        return result == 0 ? UInt16(bigEndian: address.sin6_port) : 0
    }

    /// Closes the descriptor.
    func close() {
        _ = Glibc.close(descriptor)
    }
}
