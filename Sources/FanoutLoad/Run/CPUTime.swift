import Glibc

/// Processor time this process has used.
struct CPUTime {
    /// In its own code.
    var user: Duration
    /// In the kernel.
    var system: Duration

    /// The time used so far.
    static func now() -> CPUTime {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return CPUTime(user: duration(usage.ru_utime), system: duration(usage.ru_stime))
    }

    /// The time used since an earlier moment.
    func since(_ earlier: CPUTime) -> CPUTime {
        CPUTime(user: user - earlier.user, system: system - earlier.system)
    }

    private static func duration(_ time: timeval) -> Duration {
        .seconds(time.tv_sec) + .microseconds(time.tv_usec)
    }
}
