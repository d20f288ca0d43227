import CommandSupport

/// What ends the program with one line and a code of sysexits.h.
struct Failure: ReportedError {
    /// Names the option, the value and what is allowed.
    let line: String
    /// 64 for flags, 65 for operations that a server refuses, 69 for an upstream that doesn't answer, 71 for a machine
    /// that refuses, 78 for files.
    let exitCode: Int32

    /// The line, for where it is a reason among others.
    var description: String { line }
}
