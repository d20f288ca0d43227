internal import Glibc

/// A folder of its own for a test's files, which goes with it.
package final class TemporaryFolder: Sendable {
    /// Its path, which is short: a Unix socket's path has 107 bytes at most.
    package let path: String

    /// Makes it in /tmp.
    package init() {
        var template = Array("/tmp/tests-XXXXXX".utf8CString)
        precondition(unsafe mkdtemp(&template) != nil, "no temporary folder")
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The path of a file in it.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file in it, and returns its path.
    package func write(_ text: String, to name: String) -> String {
        let descriptor = unsafe open(file(name), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0o600)
        let bytes = Array(text.utf8)
        precondition(unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count, "can't write")
        close(descriptor)
        return file(name)
    }

    deinit {
        if let folder = unsafe opendir(path) {
            while let entry = unsafe readdir(folder) {
                let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { unsafe unlink(file(name)) }
            }
            unsafe closedir(folder)
        }
        unsafe rmdir(path)
    }
}
