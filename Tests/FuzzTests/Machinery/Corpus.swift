import Glibc

/// Inputs in files, one in each.
enum Corpus {
    /// Where those of all targets are.
    static var folder: String {
        let here = "\(#filePath)"
        return here.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
            + "/Corpora"
    }

    /// Those of a target, in the order of their names; none without a folder.
    static func inputs(of target: String, in folder: String = Corpus.folder) -> [[UInt8]] {
        let path = "\(folder)/\(target)"
        guard let directory = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().compactMap { bytes(of: "\(path)/\($0)") }
    }

    /// One of a target's; empty when there is none of this name.
    static func input(_ name: String, of target: String) -> [UInt8] { bytes(of: "\(folder)/\(target)/\(name)") ?? [] }

    private static func bytes(of path: String) -> [UInt8]? {
        guard let file = unsafe fopen(path, "rb") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Mutator.limit)
        let count = unsafe fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
