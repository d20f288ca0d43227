import Glibc

/// Measures another process: its processor time, by thread, and its memory.
struct ServerProbe {
    /// What a process has used until some moment.
    struct Sample: Equatable {
        /// The processor time of all its threads, including ended ones.
        var processor: Duration
        /// The processor time of its living threads, by name without a number at its end.
        var threads: [String: Duration]
        /// Resident bytes.
        var resident: Int

        /// What was used since an earlier moment.
        func since(_ earlier: Sample) -> Usage {
            let threads = self.threads.map { ($0.key, $0.value - (earlier.threads[$0.key] ?? .zero)) }
            return Usage(
                processor: processor - earlier.processor,
                threads: threads.filter { $0.1 > .zero }.sorted { $0.1 > $1.1 }
            )
        }
    }

    /// What a process has used between two moments.
    struct Usage {
        var processor: Duration
        /// By thread name, the busiest first.
        var threads: [(name: String, time: Duration)]
    }

    /// The process number.
    let process: Int32

    /// What it has used so far; nil if it has ended or may not be looked at.
    func sample() -> Sample? {
        var clock = clockid_t()
        var time = timespec()
        guard unsafe clock_getcpuclockid(process, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else {
            return nil
        }
        let pages = SmallFile.text("/proc/\(process)/statm").split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Sample(
            processor: .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec),
            threads: threads,
            resident: (pages ?? 0) * Int(getpagesize())
        )
    }

    private var threads: [String: Duration] {
        var times: [String: Duration] = [:]
        for thread in SmallFile.names(in: "/proc/\(process)/task").prefix(1024) {
            let path = "/proc/\(process)/task/\(thread)"
            let name = SmallFile.text("\(path)/comm").prefix { $0 != "\n" }
            let nanoseconds = SmallFile.text("\(path)/schedstat").split(separator: " ").first.flatMap { Int64($0) }
            guard let nanoseconds else { continue }
            times[Self.family(String(name)), default: .zero] += .nanoseconds(nanoseconds)
        }
        return times
    }

    /// A thread's name without the number at its end.
    static func family(_ name: String) -> String {
        var family = name[...]
        while let last = family.last, last.isNumber || last == "-" || last == ":" || last == "/" { family.removeLast() }
        return family.isEmpty ? name : String(family)
    }
}
