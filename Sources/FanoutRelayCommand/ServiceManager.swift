import Glibc

/// Tells systemd, or another service manager that speaks its protocol, how the process is doing (sd_notify(3)).
///
/// Each state is one datagram to the socket that `NOTIFY_SOCKET` names. One that can't be sent is lost: the relay
/// serves its clients whoever watches it.
struct ServiceManager: Sendable {
    /// What a service manager is told.
    enum State: Equatable {
        /// It serves; the text is shown by `systemctl status`.
        case ready(status: String)
        /// It reads its files again; `ready` follows. The time is of the monotonic clock.
        case reloading(at: Duration)
        /// It ends, which takes that long at most.
        case stopping(within: Duration)
        /// It still works: without this the service manager ends it when the watchdog's time is over.
        case alive

        /// The datagram.
        var message: String {
            switch self {
            case .ready(let status): "READY=1\nSTATUS=\(status)"
            case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(Self.microseconds(time))"
            case .stopping(let limit):
                "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=\(Self.microseconds(limit))"
            case .alive: "WATCHDOG=1"
            }
        }

        private static func microseconds(_ time: Duration) -> Int64 {
            time.components.seconds * 1_000_000 + time.components.attoseconds / 1_000_000_000_000
        }
    }

    /// How often `alive` is expected at least; nil for never.
    let watchdog: Duration?
    private let socketPath: String

    /// The service manager that started this process; nil without one.
    ///
    /// The variables are removed, so that no command that the relay starts speaks for it.
    static func ofProcess() -> ServiceManager? {
        let names = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]
        var environment: [String: String] = [:]
        for name in names {
            environment[name] = unsafe getenv(name).map { unsafe String(cString: $0) }
            unsafe unsetenv(name)
        }
        return ServiceManager(environment, process: getpid())
    }

    /// By the variables of a process; nil when they name no socket of this machine's.
    init?(_ environment: [String: String], process: pid_t) {
        guard let path = environment["NOTIFY_SOCKET"], path.first == "/" || path.first == "@",
            (2...Self.longestPath).contains(path.utf8.count)
        else { return nil }
        socketPath = path
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(process)" } ?? true
        let period = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdog = isMeant && period > 0 ? .microseconds(period) : nil
    }

    /// A path fills `sun_path` but for a zero at its end.
    private static let longestPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Tells a state.
    func tell(_ state: State) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array(socketPath.utf8)
        // An abstract name begins with a zero byte (unix(7)), and an @ stands for it.
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + path.count } ?? 0
        let message = Array(state.message.utf8)
        unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
                unsafe _ = sendto(descriptor, message, message.count, flags, address, socklen_t(length))
            }
        }
    }
}
