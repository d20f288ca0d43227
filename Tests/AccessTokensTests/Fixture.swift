import Glibc

/// A file of the tests' folder.
enum Fixture {
    /// Where a file is.
    static func path(_ name: String) -> String {
        let here = "\(#filePath)"
        return here.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/Fixtures/\(name)"
    }

    /// What is in it.
    static func bytes(_ name: String) throws -> [UInt8] {
        struct Unreadable: Error { let name: String }
        guard let file = unsafe fopen(path(name), "rb") else { throw Unreadable(name: name) }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
