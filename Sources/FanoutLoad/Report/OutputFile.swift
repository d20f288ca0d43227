import CommandSupport
import Glibc

/// A file for results, opened before the run: what can't be written is better known at once.
final class OutputFile {
    /// A file that can't be written.
    struct Failure: ReportedError {
        let description: String
        var exitCode: Int32 { EX_CANTCREAT }
    }

    private let option: String
    private let path: String
    private let descriptor: Int32

    /// Makes the file, or empties it.
    ///
    /// - Parameter option: The flag that names it, for errors.
    init(_ path: String, option: String) throws(Failure) {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Failure(description: "\(option) '\(path)': \(SystemError.words(for: errno))")
        }
        (self.option, self.path) = (option, path)
    }

    deinit { close(descriptor) }

    func write(_ text: String) throws(Failure) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw Failure(description: "\(option) '\(path)': \(SystemError.words(for: errno))")
            }
            rest = rest.dropFirst(count)
        }
    }
}
