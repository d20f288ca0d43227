import CommandSupport
import Glibc

/// The directory of a run: logs, and the files of the log's servers, of which only logs stay.
struct Workspace {
    /// A directory that can't be made.
    struct Failure: ReportedError {
        let description: String
        var exitCode: Int32 { EX_CANTCREAT }
    }

    let path: String
    /// Whether the operator has named it.
    let isGiven: Bool

    init(_ given: String?) throws(Failure) {
        isGiven = given != nil
        if let given {
            guard unsafe mkdir(given, 0o755) == 0 || errno == EEXIST else {
                throw Failure(description: "--logs '\(given)': \(SystemError.words(for: errno))")
            }
            path = given
            // Of a run that was killed.
            removeStores()
            return
        }
        let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(folder)/fanout-chaos-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return false }
            return unsafe mkdtemp(start) != nil
        }
        guard made else { throw Failure(description: "\(folder): \(SystemError.words(for: errno))") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes what nobody will read.
    func clean(keepsLogs: Bool) {
        removeStores()
        // In a directory of the operator's may be files of others.
        guard !isGiven, !keepsLogs else { return }
        Self.remove(path)
    }

    private func removeStores() {
        for number in 1...3 {
            Self.remove("\(path)/nats-\(number)")
            Self.remove("\(path)/nats-\(number).conf")
        }
    }

    private static func remove(_ path: String) {
        if unsafe unlink(path) == 0 { return }
        for name in SmallFile.names(in: path) { remove("\(path)/\(name)") }
        _ = unsafe rmdir(path)
    }
}
