internal import Glibc

/// The process's limit of open descriptors.
package enum DescriptorLimit {
    /// Sets the soft limit to just what `connections` need; call it before the first event loop is made.
    ///
    /// libwebsockets allocates and touches 16 bytes for each descriptor of the limit in every context, and scans that
    /// table on each close; with a limit over 10 million it silently falls back to 2560.
    ///
    /// - Returns: how many connections the limit allows, which is less than asked if the hard limit is too low.
    package static func set(connections: Int) -> Int {
        let slack = 256
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        unsafe _ = getrlimit(resource, &limit)
        let wanted = rlim_t(clamping: min(connections, .max - slack) + slack)
        limit.rlim_cur = min(wanted, limit.rlim_max)
        unsafe _ = setrlimit(resource, &limit)
        unsafe _ = getrlimit(resource, &limit)
        return Int(clamping: limit.rlim_cur) - slack
    }
}
