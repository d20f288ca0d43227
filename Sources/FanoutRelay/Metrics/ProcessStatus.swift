internal import Glibc

/// What the kernel says of the process (proc_pid_stat(5)).
struct ProcessStatus: Equatable {
    /// The processor time that all threads have used, in seconds.
    let processorTime: Double
    let threads: Int
    /// When it was started, in seconds since the machine was.
    let start: Double
    let virtualBytes: Int
    let residentBytes: Int

    /// The numbers in `/proc/PID/stat` follow the program's name, which may hold spaces and parentheses.
    init?(parsing text: String, ticks: Int, page: Int) {
        guard let end = text.lastIndex(of: ")") else { return nil }
        // The first of them is field 3.
        let fields = text[text.index(after: end)...].split { $0 == " " || $0 == "\n" }
        func field(_ number: Int) -> Int? { fields.indices.contains(number - 3) ? Int(fields[number - 3]) : nil }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let virtual = field(23), let resident = field(24), ticks > 0
        else { return nil }
        processorTime = Double(user + system) / Double(ticks)
        self.threads = threads
        self.start = Double(start) / Double(ticks)
        virtualBytes = virtual
        residentBytes = resident * page
    }

    /// This process now; nil when the kernel doesn't say.
    static var current: ProcessStatus? {
        ProcessMemory.text(of: "/proc/self/stat").flatMap {
            ProcessStatus(parsing: $0, ticks: sysconf(Int32(_SC_CLK_TCK)), page: sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    /// When this process was started, in seconds since 1970; nil when the kernel doesn't say (proc_uptime(5)).
    static let startTime: Double? = {
        let uptime = ProcessMemory.text(of: "/proc/uptime")?.split(separator: " ").first.flatMap { Double($0) }
        guard let uptime, let start = current?.start else { return nil }
        return Authorizer.now - uptime + start
    }()
}
