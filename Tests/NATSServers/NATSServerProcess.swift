#if Cluster
import Glibc
package import NATSLink
package import TestSupport

/// A nats-server of a test's own on a free port of the loopback, with a folder for its files.
package final class NATSServerProcess: @unchecked Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// The programs to try: those that FANOUT_NATS_SERVERS names, with colons between them, or else Debian's.
    package static let programs: [String] = {
        let named = unsafe getenv("FANOUT_NATS_SERVERS").map { unsafe String(cString: $0) } ?? ""
        let paths = named.split(separator: ":").map(String.init)
        return (paths.isEmpty ? ["/usr/sbin/nats-server"] : paths).filter { unsafe access($0, X_OK) == 0 }
    }()

    /// One of them, for what is the same with all.
    package static let program = Array(programs.suffix(1))

    package static let areMissing = programs.isEmpty

    package let port: UInt16
    package let folder = TemporaryFolder()
    private let program: String
    private let lines: String
    private var process: pid_t = 0
    /// Where its log goes, which isn't much; a server whose log nobody can read ends with its next line.
    private var output: Int32 = -1

    /// Starts one.
    ///
    /// - Parameters:
    ///   - lines: What its configuration has besides the port.
    ///   - isRunning: False chooses a port without a server on it.
    package init(_ program: String, lines: String = "", hasStreams: Bool = true, isRunning: Bool = true) throws {
        self.program = program
        port = try Self.freePort()
        self.lines = hasStreams ? "jetstream { store_dir: \"\(folder.path)/store\" }\n\(lines)" : lines
        if isRunning { try start() }
    }

    deinit {
        kill()
        // The streams' files are in folders.
        _ = try? Self.run(["/bin/rm", "-rf", folder.path + "/store"])
    }

    package var server: NATSServer { get throws { try NATSServer(parsing: "nats://127.0.0.1:\(port)") } }

    /// Starts it, again on the same port with the same files; returns when it is ready.
    package func start() throws {
        let text =
            "listen: 127.0.0.1:\(port)\nlame_duck_grace_period: \"100ms\"\nlame_duck_duration: \"30s\"\n\(lines)\n"
        let file = folder.write(text, to: "nats.conf")
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        output = ends[0]
        do {
            defer { close(ends[1]) }
            process = try Self.spawn([program, "-c", file], errors: ends[1])
        }
        var log: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: log, as: UTF8.self).contains("Server is ready") {
            let count = unsafe read(ends[0], &chunk, chunk.count)
            guard count > 0 else { throw Failure(description: String(decoding: log, as: UTF8.self)) }
            log += chunk.prefix(count)
        }
    }

    /// Whether it answers batches of direct gets, as servers do from 2.11 on; of those that are tried it's Debian's
    /// that doesn't.
    package var knowsBatches: Bool { program != "/usr/sbin/nats-server" }

    /// Sends a signal, such as SIGUSR2 for the lame duck.
    package func signal(_ number: Int32) { _ = Glibc.kill(process, number) }

    /// Stops it, as if its machine stood still; returns when it has stopped.
    package func stop() {
        signal(SIGSTOP)
        _ = waitpid(process, nil, WUNTRACED)
    }

    /// Ends it at once.
    package func kill() {
        guard process > 0 else { return }
        signal(SIGKILL)
        signal(SIGCONT)
        _ = waitpid(process, nil, 0)
        process = 0
        close(output)
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return try descriptor.listenOnLoopback()
    }

    private static func run(_ arguments: [String]) throws {
        _ = waitpid(try spawn(arguments), nil, 0)
    }

    private static func spawn(_ arguments: [String], errors: Int32? = nil) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let errors {
            unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        }
        // libnats opens sockets that programs inherit.
        var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var process = pid_t()
        let status = unsafe posix_spawn(&process, arguments[0], &actions, nil, &pointers, environ)
        guard status == 0 else { throw Failure(description: "\(arguments[0]): \(status)") }
        return process
    }
}
#endif
