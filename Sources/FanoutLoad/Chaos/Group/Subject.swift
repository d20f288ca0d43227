import Glibc

/// A program that is started, and ended or stopped in many ways, and started again.
final class Subject {
    /// What people call it.
    let name: String
    /// The file that its output goes to.
    let log: String
    private let program: String
    private let arguments: [String]
    private var process: ChildProcess?
    /// The code with which it has ended, or 128 and the signal's number; nil before its first end.
    private(set) var code: Int32?
    /// Whether it is stopped by SIGSTOP.
    private(set) var isFrozen = false

    init(_ name: String, _ program: String, _ arguments: [String], log: String) {
        (self.name, self.program, self.arguments, self.log) = (name, program, arguments, log)
    }

    deinit { end() }

    /// Starts it, unless it runs.
    func start() throws(ChildProcess.Failure) {
        guard !isRunning else { return }
        process = try ChildProcess(program, arguments, log: log)
    }

    /// Whether it runs, frozen or not.
    var isRunning: Bool {
        guard let process else { return false }
        // Its end is asked for once only, since it is reaped with the answer.
        guard let code = process.code() else { return true }
        (self.process, self.code) = (nil, code)
        return false
    }

    /// Ends it at once.
    func kill() {
        send(SIGKILL)
        if let process { _ = waitpid(process.identifier, nil, 0) }
        process = nil
        isFrozen = false
    }

    func freeze() {
        send(SIGSTOP)
        isFrozen = true
    }

    func thaw() {
        send(SIGCONT)
        isFrozen = false
    }

    /// Sends a signal, if it runs.
    func send(_ number: Int32) {
        if isRunning, let process { _ = Glibc.kill(process.identifier, number) }
    }

    /// Ends it, frozen or not.
    func end() {
        if isFrozen { return kill() }
        if isRunning { process?.end() }
        process = nil
    }
}
