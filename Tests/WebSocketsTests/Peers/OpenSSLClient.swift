import Glibc
import OpenSSLCommand

/// The openssl command as a TLS client; `peer` is its plaintext side.
final class OpenSSLClient: Sendable {
    let peer: RawPeer
    private let process: pid_t

    init(port: UInt16) throws {
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        peer = RawPeer(adopting: ends[0])
        process = try OpenSSL.start(["s_client", "-quiet", "-connect", "127.0.0.1:\(port)"], channel: ends[1])
        close(ends[1])
    }

    deinit {
        kill(process, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
    }
}
