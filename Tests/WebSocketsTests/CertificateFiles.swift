import Glibc

/// The openssl command.
enum OpenSSL {
    private static let command = "/usr/bin/openssl"
    static var isInstalled: Bool { unsafe access(command, X_OK) == 0 }

    /// Starts it; with a channel as its standard input and output.
    static func start(_ arguments: [String], channel: Int32? = nil) throws -> pid_t {
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

/// A self-signed certificate for localhost and its key, in files that go with it.
final class CertificateFiles: Sendable {
    let certificate: String
    let key: String
    private let folder: String

    init(isExpired: Bool = false) throws {
        var template = Array("/tmp/websockets-tests-XXXXXX".utf8CString)
        guard let path = unsafe mkdtemp(&template) else { throw RawPeer.Failure(description: "mkdtemp: \(errno)") }
        folder = unsafe String(cString: path)
        certificate = folder + "/certificate.pem"
        key = folder + "/key.pem"
        let request = try OpenSSL.start([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ])
        var status: Int32 = 0
        unsafe waitpid(request, &status, 0)
        guard status == 0 else { throw RawPeer.Failure(description: "openssl req: \(status)") }
        if isExpired { try expire() }
    }

    /// Signs it again, with an end that is past.
    private func expire() throws {
        // A validity of -1 days ended yesterday.
        let command = try OpenSSL.start([
            "x509", "-in", certificate, "-signkey", key, "-days", "-1", "-out", certificate,
        ])
        var status: Int32 = 0
        unsafe waitpid(command, &status, 0)
        guard status == 0 else { throw RawPeer.Failure(description: "openssl x509: \(status)") }
    }

    deinit {
        for file in [certificate, key] { unsafe unlink(file) }
        unsafe rmdir(folder)
    }
}
