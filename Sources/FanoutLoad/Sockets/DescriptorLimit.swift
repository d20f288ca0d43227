import CommandSupport
import Glibc

/// The process's limit of open files.
enum DescriptorLimit {
    /// The limit can't be raised far enough.
    struct Insufficient: ReportedError {
        /// How many descriptors the run needs.
        var needed: Int
        /// The hard limit.
        var limit: Int
        /// How many connections the limit is enough for.
        var connections: Int

        var exitCode: Int32 { EX_OSERR }

        /// What is needed, what there is, and two ways out.
        var description: String {
            "--connections needs \(needed) open files, but the hard limit is \(limit); raise it (ulimit -Hn, "
                + "LimitNOFILE=) or ask for at most \(connections) connections"
        }
    }

    /// Descriptors beside the connections: the standard streams, epoll, and an upstream's links.
    private static let own = 96

    /// Raises the soft limit to the hard limit.
    static func raise() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Raises the soft limit to the hard limit if `connections` need it.
    static func ensure(connections: Int) throws(Insufficient) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let needed = connections + own
        if limit.rlim_cur < needed {
            limit.rlim_cur = limit.rlim_max
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        guard limit.rlim_cur >= needed else {
            let available = Int(clamping: limit.rlim_cur)
            throw Insufficient(needed: needed, limit: available, connections: max(0, available - own))
        }
    }
}
