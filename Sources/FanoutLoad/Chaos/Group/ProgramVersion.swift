import Glibc

/// What a program calls itself.
enum ProgramVersion {
    /// The first line that it prints when it is asked; what can't be started is thrown.
    static func text(of program: String, directory: String) throws(ChildProcess.Failure) -> String {
        let log = "\(directory)/version"
        defer { _ = unsafe unlink(log) }
        let process = try ChildProcess(program, ["--version"], log: log)
        for _ in 0..<500 {
            if let code = process.code() {
                guard code == 0 else { break }
                return String(SmallFile.text(log).split(separator: "\n").first ?? "")
            }
            usleep(10_000)
        }
        process.end()
        throw ChildProcess.Failure(description: "\(program) --version doesn't say what it is")
    }
}
