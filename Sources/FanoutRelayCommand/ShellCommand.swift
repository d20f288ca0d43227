import Glibc
import Synchronization

/// A command for `/bin/sh`, whose output is wanted; its time and output are limited.
struct ShellCommand: Sendable {
    /// The command line for the shell.
    let text: String
    /// The most bytes that it may print.
    let outputLimit: Int

    /// Why there is no output.
    enum Failure: Error, Equatable, CustomStringConvertible {
        case notStarted(reason: String)
        case tooLong(limit: Duration)
        case tooMuch(limit: Int)
        case exited(code: Int32)
        case killed(signal: Int32)
        case cancelled

        var description: String {
            switch self {
            case .notStarted(let reason): "can't be started: \(reason)"
            case .tooLong(let limit): "took longer than \(limit)"
            case .tooMuch(let limit): "printed more than \(limit) bytes"
            case .exited(let code): "ended with exit code \(code)"
            case .killed(let signal): "was killed by signal \(signal)"
            case .cancelled: "isn't needed any more"
            }
        }
    }

    /// Runs the command and returns its output; it is killed with its children when it takes too long or the task is
    /// cancelled.
    ///
    /// It blocks its thread meanwhile, so that it needs one of its own. The command's input is empty. Its standard
    /// error is dropped, because that could contain secrets too.
    func output(within limit: Duration) async throws -> [UInt8] {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try run(within: limit, cancellation)
        } onCancel: {
            cancellation.cancel()
        }
    }

    /// Kills the command from any thread, at once, since the program may be about to end.
    private final class Cancellation: Sendable {
        private struct State {
            var isWanted = false
            /// Nil once the process has been waited for, since another process may then get its number.
            var process: pid_t?
        }

        private let state = Mutex(State())

        var isWanted: Bool { state.withLock { $0.isWanted } }

        func cancel() {
            state.withLock { state in
                state.isWanted = true
                if let process = state.process { kill(-process, SIGKILL) }
            }
        }

        /// Notes the process to kill.
        func started(_ process: pid_t) {
            state.withLock { state in
                state.process = process
                if state.isWanted { kill(-process, SIGKILL) }
            }
        }

        /// The status of the process if it has ended.
        func status(waiting: Bool) -> Int32? {
            state.withLock { state in
                var status: Int32 = 0
                guard let process = state.process,
                    unsafe waitpid(process, &status, waiting ? 0 : WNOHANG) == process
                else { return nil }
                state.process = nil
                return status
            }
        }
    }

    private func run(within limit: Duration, _ cancellation: Cancellation) throws(Failure) -> [UInt8] {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .notStarted(reason: Self.words(for: errno)) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let source = ends[0]
        defer { close(source) }
        let process: pid_t
        do {
            defer { close(ends[1]) }
            process = try spawn(output: ends[1])
        }
        cancellation.started(process)
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        var status: Int32?
        var isOpen = true
        func end(_ failure: Failure) -> Failure {
            if status == nil {
                // The process group: the shell and its children.
                kill(-process, SIGKILL)
                _ = cancellation.status(waiting: true)
            }
            return failure
        }
        // A background process may keep the pipe open, so that the output is complete when the shell has ended.
        while isOpen || status == nil {
            if cancellation.isWanted { throw end(.cancelled) }
            if clock.now >= deadline { throw end(.tooLong(limit: limit)) }
            var watched = pollfd(fd: isOpen ? source : -1, events: Int16(POLLIN), revents: 0)
            unsafe poll(&watched, 1, 20)
            if watched.revents != 0 {
                let count = unsafe read(source, &chunk, chunk.count)
                isOpen = count > 0
                output += chunk.prefix(max(0, count))
                guard output.count <= outputLimit else { throw end(.tooMuch(limit: outputLimit)) }
            } else if status != nil {
                break
            }
            if status == nil { status = cancellation.status(waiting: false) }
        }
        // As the macros of sys/wait.h do, which Swift doesn't import.
        let end = status ?? 0
        guard end & 0x7F == 0 else { throw .killed(signal: end & 0x7F) }
        guard end >> 8 & 0xFF == 0 else { throw .exited(code: end >> 8 & 0xFF) }
        return output
    }

    private func spawn(output: Int32) throws(Failure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        unsafe posix_spawnattr_setsigmask(&attributes, &mask)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        let texts = unsafe (["sh", "-c", text] as [String]).map { unsafe strdup($0) }
        defer { unsafe texts.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let code = unsafe posix_spawn(&process, "/bin/sh", &actions, &attributes, texts + [nil], environ)
        guard code == 0 else { throw .notStarted(reason: Self.words(for: code)) }
        return process
    }

    private static func words(for code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
