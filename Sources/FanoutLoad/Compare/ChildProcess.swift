import Glibc

/// A program that we start, and end by its process number.
struct ChildProcess {
    /// A program that couldn't be started, or ended too soon.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The process number.
    let identifier: Int32
    private let program: String

    /// Starts a program with these arguments; its output is discarded, its errors go to ours unless `isSilent`.
    init(_ program: String, _ arguments: [String], isSilent: Bool) throws(Failure) {
        self.program = program
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor in isSilent ? [0, 1, 2] : [0, 1] as [Int32] {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        identifier = try unsafe Self.spawn(program, arguments, &actions, nil)
    }

    /// Starts a program whose output and errors are appended to a file.
    ///
    /// It gets a group of its own, so that a Ctrl-C at the terminal is ours to handle.
    init(_ program: String, _ arguments: [String], log: String) throws(Failure) {
        self.program = program
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        identifier = try unsafe Self.spawn(program, arguments, &actions, &attributes)
    }

    private static func spawn(
        _ program: String,
        _ arguments: [String],
        _ actions: UnsafePointer<posix_spawn_file_actions_t>,
        _ attributes: UnsafePointer<posix_spawnattr_t>?
    ) throws(Failure) -> Int32 {
        let texts = unsafe ([program] + arguments).map { unsafe strdup($0) }
        defer { unsafe texts.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, program, actions, attributes, texts + [nil], environ)
        guard code == 0 else { throw Failure(description: "\(program): \(SystemError.words(for: code))") }
        return process
    }

    /// Waits at most ten seconds until the program listens on a port of 127.0.0.1.
    func awaitPort(_ port: UInt16) throws(Failure) {
        for _ in 0..<500 {
            guard !hasEnded else { throw Failure(description: "\(program) ended before it listened") }
            if Self.isListening(port) { return }
            usleep(20_000)
        }
        throw Failure(description: "\(program) does not listen on port \(port) after ten seconds")
    }

    /// Ends the program: SIGTERM, and SIGKILL if it still runs after two seconds.
    func end() {
        guard !hasEnded else { return }
        kill(identifier, SIGTERM)
        for _ in 0..<100 {
            if hasEnded { return }
            usleep(20_000)
        }
        kill(identifier, SIGKILL)
        _ = waitpid(identifier, nil, 0)
    }

    /// Whether the program has ended; it is then reaped, and this must not be asked again.
    private var hasEnded: Bool { code() != nil }

    /// The code with which the program has ended, or 128 and the signal's number; nil while it runs.
    ///
    /// It is then reaped, and this must not be asked again.
    func code() -> Int32? {
        var status: Int32 = 0
        switch unsafe waitpid(identifier, &status, WNOHANG) {
        case 0: return nil
        case identifier: return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
        default: return 128
        }
    }

    /// A port of 127.0.0.1 that is free at the moment.
    static func freePort() throws(SystemError) -> UInt16 {
        guard let address = Address(host: "127.0.0.1", port: 0) else { return 0 }
        let socket = try address.listen()
        defer { socket.close() }
        return socket.localPort
    }

    private static func isListening(_ port: UInt16) -> Bool {
        guard let socket = try? Address(host: "127.0.0.1", port: port)?.connect(receiveBuffer: nil) else {
            return false
        }
        defer { socket.close() }
        // On loopback a connect completes before the call returns.
        return socket.takeError() == 0 && socket.isConnected
    }
}
