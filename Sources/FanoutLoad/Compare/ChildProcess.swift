import Glibc

/// A program we started, and end by its own number.
struct ChildProcess {
    /// A program that could not be started, or is gone too soon.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The process.
    let identifier: Int32
    private let program: String

    /// Starts a program with these arguments; its output goes nowhere, its errors to ours unless `isSilent`.
    init(_ program: String, _ arguments: [String], isSilent: Bool) throws(Failure) {
        self.program = program
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for descriptor in isSilent ? [0, 1, 2] : [0, 1] as [Int32] {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        let texts = unsafe ([program] + arguments).map { unsafe strdup($0) }
        defer { unsafe texts.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, program, &actions, nil, texts + [nil], environ)
        guard code == 0 else { throw Failure(description: "\(program): \(SystemError.words(for: code))") }
        identifier = process
    }

    /// Waits until it listens on a port of 127.0.0.1, at most ten seconds.
    func awaitPort(_ port: UInt16) throws(Failure) {
        for _ in 0..<500 {
            guard !hasEnded else { throw Failure(description: "\(program) ended before it listened") }
            if Self.isListening(port) { return }
            usleep(20_000)
        }
        throw Failure(description: "\(program) does not listen on port \(port) after ten seconds")
    }

    /// Ends it: SIGTERM, and SIGKILL if it is still there after two seconds.
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

    /// Whether it has ended; it is then reaped and must not be asked again.
    private var hasEnded: Bool { waitpid(identifier, nil, WNOHANG) != 0 }

    /// A port of 127.0.0.1 that nobody listens on just now.
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
        // On loopback a connect is answered before it returns.
        return socket.takeError() == 0 && socket.isConnected
    }
}
