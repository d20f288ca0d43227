import Glibc

/// Reads the small files that flags name with `@`.
enum FileText {
    /// Most bytes of a file.
    private static let limit = 1 << 20

    /// The text itself, or the content of the file that follows its `@`.
    static func resolve(_ text: String, option: String) throws -> String {
        text.hasPrefix("@") ? try read(String(text.dropFirst()), option: option) : text
    }

    /// Fails with one line when a file can't be read.
    static func checkReadable(_ path: String, option: String) throws {
        guard unsafe access(path, R_OK) == 0 else {
            throw failure(path, option, unsafe String(cString: strerror(errno)))
        }
    }

    /// The content of a file, UTF-8.
    static func read(_ path: String, option: String) throws -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, option, unsafe String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw failure(path, option, unsafe String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw failure(path, option, "it has more than \(limit) bytes") }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(path, option, "it is not UTF-8")
        }
        return text
    }

    private static func failure(_ path: String, _ option: String, _ reason: String) -> Failure {
        Failure(line: "\(option): can't read the file '\(path)': \(reason)", exitCode: EX_CONFIG)
    }
}
