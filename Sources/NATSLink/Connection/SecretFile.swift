#if Cluster
internal import Glibc

/// Reads a secret: the content of a small file without white space at its ends.
enum SecretFile {
    /// The most bytes of a file.
    static let limit = 64 << 10

    /// The first line and what follows; never empty.
    static func text(_ path: String) throws(NATSFailure) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let size = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress! + count, buffer.count - count)
            }
            guard size >= 0 else { throw failure(path) }
            if size == 0 { break }
            count += size
        }
        guard count <= limit else { throw NATSFailure("\(path) has more than \(limit) bytes") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw NATSFailure("\(path) isn't UTF-8")
        }
        let secret = text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        guard !secret.isEmpty else { throw NATSFailure("\(path) is empty") }
        guard !secret.contains("\0") else { throw NATSFailure("\(path) has a zero byte") }
        return String(secret)
    }

    private static func failure(_ path: String) -> NATSFailure {
        NATSFailure("\(path) can't be read: \(unsafe String(cString: strerror(errno)))")
    }
}
#endif
