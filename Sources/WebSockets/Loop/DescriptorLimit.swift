// In a whole-module build what describes files belongs to the first C module that includes it.
internal import CLibwebsockets
internal import Glibc

/// The process's limit of open descriptors.
package enum DescriptorLimit {
    /// The descriptors that are reserved beside the connections: for files, pipes, and links to servers.
    package static let slack = 256

    /// How many descriptors the process has open; nil when the kernel doesn't say.
    ///
    /// Since Linux 6.2 that is the size of a directory; before, its entries are counted.
    package static var open: Int? {
        let path = "/proc/self/fd"
        var status = stat()
        if unsafe stat(path, &status) == 0, status.st_size > 0 { return Int(status.st_size) }
        guard let directory = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // Neither the directory itself, nor `.` and `..`.
        return count - 3
    }

    /// How many descriptors the process may have open.
    package static var current: Int {
        var limit = rlimit()
        unsafe _ = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }

    /// Whether this many more descriptors can be opened.
    static func hasRoom(for count: Int) -> Bool {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        for _ in 0..<count {
            let descriptor = unsafe Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            descriptors.append(descriptor)
        }
        return true
    }

    /// Sets the soft limit to what `connections` need; call it before the first event loop is made.
    ///
    /// libwebsockets allocates and touches 16 bytes for each descriptor of the limit in every context, and scans that
    /// table on each close. With a limit over 10 million it silently falls back to 2560.
    ///
    /// - Returns: How many connections the limit allows; fewer than asked if the hard limit is too low.
    package static func set(connections: Int) -> Int {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        unsafe _ = getrlimit(resource, &limit)
        let wanted = rlim_t(clamping: min(connections, .max - slack) + slack)
        limit.rlim_cur = min(wanted, limit.rlim_max)
        // Read again only if it was refused: another relay of the process may have set its own meanwhile.
        if unsafe setrlimit(resource, &limit) != 0 { unsafe _ = getrlimit(resource, &limit) }
        return Int(clamping: limit.rlim_cur) - slack
    }
}
