import Glibc

extension OpenSSL {
    /// Runs it with some bytes as its standard input, at most as many as a socket takes at once.
    ///
    /// - Returns: What it prints.
    package static func output(of arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        var ends: [Int32] = [0, 0]
        unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        let process: pid_t
        do {
            defer { close(ends[1]) }
            process = try start(arguments, channel: ends[1])
        }
        // One that doesn't read its input may be gone already.
        _ = unsafe send(ends[0], input, input.count, Int32(MSG_NOSIGNAL))
        shutdown(ends[0], Int32(SHUT_WR))
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(ends[0], &chunk, chunk.count)
            guard count > 0 else { break }
            output += chunk.prefix(count)
        }
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        guard status == 0 else { throw Failure(description: "openssl \(arguments.first ?? ""): \(status)") }
        return output
    }
}
