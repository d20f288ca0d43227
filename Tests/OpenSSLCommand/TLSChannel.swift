import Glibc

/// The openssl command as a TLS client of a port on 127.0.0.1; its plaintext side is a descriptor.
///
/// It takes whatever certificate it is shown, and goes when its descriptor is closed.
package final class TLSChannel: Sendable {
    /// The plaintext side, which the caller closes.
    package let descriptor: Int32
    private let process: pid_t

    /// Starts it; it is connected some time later, and what is sent before then waits.
    ///
    /// - Parameter arguments: Further ones, such as those of a certificate to show.
    package init(port: UInt16, arguments: [String] = []) throws {
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptor = ends[0]
        defer { close(ends[1]) }
        do {
            process = try OpenSSL.start(
                ["s_client", "-quiet", "-nocommands", "-no_ign_eof", "-connect", "127.0.0.1:\(port)"] + arguments,
                channel: ends[1]
            )
        } catch {
            close(ends[0])
            throw error
        }
    }

    deinit {
        // Whoever started the tests may have blocked the politer signals.
        kill(process, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
    }
}
