import Glibc

/// A text file of the repository.
struct SourceText: CustomStringConvertible {
    /// Relative to the repository.
    let path: String
    let lines: [Substring]

    var description: String { path }

    init(_ path: String) throws {
        self.path = path
        guard let file = unsafe fopen("\(Self.root)/\(path)", "r") else { throw Unreadable(path: path) }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The files right in a folder whose names end so, by name.
    static func all(in folder: String, ending: String) throws -> [SourceText] {
        guard let names = names(in: folder) else { throw Unreadable(path: folder) }
        return try names.filter { $0.hasSuffix(ending) }.map { try SourceText("\(folder)/\($0)") }
    }

    /// The files in a folder and the folders below it whose names end in one of these ways, by name; without hidden
    /// folders.
    static func all(under folder: String, endings: [String]) throws -> [SourceText] {
        guard let names = names(in: folder) else { throw Unreadable(path: folder) }
        var sources: [SourceText] = []
        for name in names where !name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            if endings.contains(where: name.hasSuffix) {
                sources.append(try SourceText(path))
            } else if Self.names(in: path) != nil {
                sources += try all(under: path, endings: endings)
            }
        }
        return sources
    }

    /// What is in a folder, by name; nil if it is none.
    private static func names(in folder: String) -> [String]? {
        guard let directory = unsafe opendir("\(root)/\(folder)") else { return nil }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                }
            )
        }
        return names.sorted()
    }

    private struct Unreadable: Error {
        let path: String
    }

    private static var root: Substring {
        var path = #filePath[...]
        for _ in 0..<3 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
        return path
    }
}
