import Glibc

/// The openssl command as a TLS server with a certificate made for it; its plaintext side is `peer`.
final class OpenSSLServer {
    static let command = "/usr/bin/openssl"
    static var isInstalled: Bool { unsafe access(command, X_OK) == 0 }

    let port: UInt16
    let peer: RawPeer
    let certificate: String
    private let folder: String
    private let process: pid_t
    /// Keeps the port from everybody else until the server listens on it.
    private let reservation: RawListener

    init() throws {
        var template = Array("/tmp/websockets-tests-XXXXXX".utf8CString)
        guard let path = unsafe mkdtemp(&template) else { throw RawPeer.Failure(description: "mkdtemp: \(errno)") }
        folder = unsafe String(cString: path)
        certificate = folder + "/certificate.pem"
        let key = folder + "/key.pem"
        let request = try Self.start([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ])
        var status: Int32 = 0
        unsafe waitpid(request, &status, 0)
        guard status == 0 else { throw RawPeer.Failure(description: "openssl req: \(status)") }
        reservation = try RawListener(sharesAddress: true, listens: false)
        port = reservation.port
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        peer = RawPeer(adopting: ends[0])
        process = try Self.start(
            ["s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key],
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
        for file in ["/certificate.pem", "/key.pem"] { unsafe unlink(folder + file) }
        unsafe rmdir(folder)
    }

    private static func start(_ arguments: [String], channel: Int32? = nil) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let channel {
            unsafe posix_spawn_file_actions_adddup2(&actions, channel, 0)
            unsafe posix_spawn_file_actions_adddup2(&actions, channel, 1)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var pointers = unsafe ([command] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var process = pid_t()
        let status = unsafe posix_spawn(&process, command, &actions, nil, &pointers, environ)
        guard status == 0 else { throw RawPeer.Failure(description: "openssl: \(status)") }
        return process
    }
}
