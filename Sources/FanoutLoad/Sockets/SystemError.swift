import CommandSupport
import Glibc

/// A system call that failed, by name and error number.
struct SystemError: ReportedError {
    /// The call's name.
    var call: String
    /// The error number.
    var code: Int32

    /// The call, and the system's text for the error.
    var description: String { "\(call): \(Self.words(for: code))" }

    var exitCode: Int32 { EX_OSERR }

    /// The system's text for an error number.
    static func words(for code: Int32) -> String {
        guard let words = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: words)
    }
}
