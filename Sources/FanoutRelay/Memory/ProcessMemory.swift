internal import Glibc

/// What the kernel says of the process's memory.
enum ProcessMemory {
    /// The bytes that are resident; nil when the kernel doesn't say (proc(5), `statm`).
    static var resident: Int? {
        guard let text = text(of: "/proc/self/statm") else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// What the process may use at most: the machine's memory, or the limit of its control group if that is lower.
    ///
    /// Within a container the group's files are at the root of `/sys/fs/cgroup`, of cgroup v2 or v1.
    static var available: Int {
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let path = ownGroup ?? ""
        let files = [
            "/sys/fs/cgroup\(path)/memory.max", "/sys/fs/cgroup/memory.max",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        ]
        return files.compactMap { file in text(of: file).flatMap { Int($0.prefix { $0 != "\n" }) } }
            .filter { $0 > 0 }.reduce(machine, min)
    }

    /// The path of the process's group of cgroup v2 (cgroups(7)).
    private static var ownGroup: String? {
        text(of: "/proc/self/cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::/") }.map { line in
            let path = String(line.dropFirst(3))
            return path == "/" ? "" : path
        }
    }

    /// The first 4 KiB of a file; nil when it can't be read.
    static func text(of path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = unsafe max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
