import Glibc
import OpenSSLCommand

/// The openssl command as a TLS server with a certificate of its own; its plaintext side is `peer`.
final class OpenSSLServer: Sendable {
    let port: UInt16
    let peer: RawPeer
    private let files: CertificateFiles
    private let process: pid_t
    /// Keeps the port from everybody else until the server listens on it.
    private let reservation: RawListener

    var certificate: String { files.certificate }

    /// With a file of certificates it takes only clients that show one of them.
    init(isExpired: Bool = false, trustingClients clients: String? = nil) throws {
        files = try CertificateFiles(isExpired: isExpired)
        reservation = try RawListener(sharesAddress: true, listens: false)
        port = reservation.port
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        peer = RawPeer(adopting: ends[0])
        let demand = clients.map { ["-Verify", "1", "-verify_return_error", "-CAfile", $0] } ?? []
        process = try OpenSSL.start(
            ["s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", files.certificate, "-key", files.key]
                + demand,
            channel: ends[1]
        )
        close(ends[1])
        // It listens when a connection succeeds, which it then drops for not being TLS.
        while (try? RawPeer(port: port)) == nil { sched_yield() }
    }

    deinit {
        // Whoever started the tests may have blocked the politer signals.
        kill(process, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
    }
}
