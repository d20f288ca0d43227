import CommandSupport

/// An error that ends the program with one line and an exit code of sysexits.h.
struct Failure: ReportedError {
    /// Names the option, the value and what is allowed.
    let line: String
    /// 64 for flags, 65 for operations that the server refuses, 69 for an upstream that doesn't answer, 71 when the
    /// system refuses, 78 for files.
    let exitCode: Int32

    /// The line, for use within another message.
    var description: String { line }
}
