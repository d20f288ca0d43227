import Glibc
import Testing
import WebSockets

extension Loopback {
    @Suite(.timeLimit(.minutes(1)))
    struct BlockedPoolTests {
        @Test func `no delivery, timer, reconnect, query or drain needs Swift's shared pool`() async throws {
            let code = await Task(executorPreference: OwnThread(name: "waits")) { Self.status(of: "BlockedPool") }.value
            // Its standard error is this process's: the last line is what didn't happen.
            #expect(code == 0)
        }

        /// Runs a program beside this one to its end; its exit code, or nil when a signal ended it.
        private static func status(of name: String) -> Int32? {
            var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = unsafe readlink("/proc/self/exe", &path, path.count)
            let own = String(decoding: path.prefix(max(0, count)), as: UTF8.self)
            let program = own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/\(name)"
            let arguments = unsafe [unsafe strdup(program), nil]
            defer { unsafe free(arguments[0]) }
            var process: pid_t = 0
            guard unsafe posix_spawn(&process, program, nil, nil, arguments, environ) == 0 else { return nil }
            var status: Int32 = 0
            unsafe waitpid(process, &status, 0)
            return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
        }
    }
}
