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
    }

    /// What a process has used between two moments.
    struct Usage {
        var process: Int32
        /// The name of the machine that it runs on.
        var host: String
        /// The processor time of all its threads, up to the first moment and up to the second.
        var before: Duration
        var after: Duration
        /// What its threads used, by name, the busiest first.
        var threads: [(name: String, time: Duration)] = []

        /// The processor time between the two moments.
        var processor: Duration { after - before }
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

    /// What it has used between two samples.
    func usage(from earlier: Sample, to later: Sample) -> Usage {
        let threads = later.threads.map { ($0.key, $0.value - (earlier.threads[$0.key] ?? .zero)) }
        return Usage(
            process: process,
            host: String(SmallFile.text("/proc/sys/kernel/hostname").prefix { $0 != "\n" }),
            before: earlier.processor,
            after: later.processor,
            threads: threads.filter { $0.1 > .zero }.sorted { $0.1 > $1.1 }
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
