import Glibc

/// Reads the small files that flags name.
enum FileText {
    /// The most bytes of a file.
    private static let limit = 1 << 20
    /// How long a pipe may provide nothing.
    static let timeout = Duration.seconds(5)
    /// How long the content of an `@FILE` may take; without end at the start, where whoever writes it may be a person.
    @TaskLocal static var currentTimeout: Duration?
    /// Takes note of what `resolve` reads.
    @TaskLocal static var contents: FileContents?

    /// The text itself, or the content of the file that is named after an `@`.
    static func resolve(_ text: String, option: String) throws -> String {
        guard text.hasPrefix("@") else { return text }
        let path = String(text.dropFirst())
        let content = try read(path, option: option, timeout: currentTimeout)
        contents?.note(content, in: path, of: option)
        return content
    }

    /// Fails with one line when a file can't be read.
    static func checkReadable(_ path: String, option: String) throws {
        guard unsafe access(path, R_OK) == 0 else {
            throw failure(path, option, unsafe String(cString: strerror(errno)))
        }
    }

    /// The content of a file in UTF-8; a pipe must provide more bytes, or its end, within `timeout` if one is given.
    static func read(_ path: String, option: String, timeout: Duration? = timeout) throws -> String {
        let bytes = try readBytes(path, option: option, timeout: timeout)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(path, option, "it is not UTF-8")
        }
        return text
    }

    /// The content of a file of at most `limit` bytes, as `read` has it.
    static func readBytes(
        _ path: String,
        option: String,
        timeout: Duration? = timeout,
        limit: Int = limit
    ) throws -> [UInt8] {
        // Without O_NONBLOCK, opening a pipe waits for its writer, perhaps for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, option, unsafe String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            guard waits(for: descriptor, timeout) else {
                throw failure(path, option, "nothing was written to it for \(timeout ?? .zero)")
            }
            let count = unsafe Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw failure(path, option, unsafe String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw failure(path, option, "it has more than \(limit) bytes") }
        }
        return bytes
    }

    /// Waits for bytes or the end; false when neither comes in time.
    private static func waits(for descriptor: Int32, _ timeout: Duration?) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = timeout.map { Int32(clamping: Int64($0 / .milliseconds(1))) } ?? -1
        var result: Int32
        repeat {
            result = unsafe poll(&watched, 1, milliseconds)
        } while result < 0 && errno == EINTR
        return result != 0
    }

    private static func failure(_ path: String, _ option: String, _ reason: String) -> Failure {
        Failure(line: "\(option): can't read the file '\(path)': \(reason)", exitCode: EX_CONFIG)
    }
}
