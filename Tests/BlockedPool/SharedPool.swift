import Glibc
import Synchronization

/// Swift's pool of threads that all tasks share.
enum SharedPool {
    private static let priorities: [TaskPriority] = [.high, .medium, .low, .background]

    private final class Probe: Sendable {
        let hasRun = Atomic(false)
    }

    /// Takes every thread of it, for ever.
    static func block() {
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        for priority in priorities {
            for _ in 0..<4 * cores { Task.detached(priority: priority) { while true { pause() } } }
        }
    }

    /// True when none of the tasks that it is given has run a while later.
    static func isBlocked() -> Bool {
        let probe = Probe()
        for priority in priorities {
            Task.detached(priority: priority) { probe.hasRun.store(true, ordering: .relaxed) }
        }
        usleep(300_000)
        return !probe.hasRun.load(ordering: .relaxed)
    }
}
