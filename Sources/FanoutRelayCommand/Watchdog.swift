import CommandSupport
import FanoutRelay
import WebSockets

/// Tells the service manager that the relay works, as long as every loop answers.
///
/// A loop that hangs makes it silent, so that the service manager restarts the process.
struct Watchdog {
    private let task: Task<Void, Never>

    /// Begins to tell it, twice as often as it is expected; nil when nobody expects it.
    init?(_ relay: Relay, telling manager: ServiceManager?) {
        guard let manager, let period = manager.watchdog else { return nil }
        // On a thread of its own, which no blocked task can hold up.
        task = Task(executorPreference: OwnThread(name: "watchdog")) {
            while !Task.isCancelled {
                let probe = relay.probe()
                StandardStream.pause(for: period / 2)
                if probe.isAnswered { manager.tell(.alive) }
            }
        }
    }

    /// Ends it.
    func stop() { task.cancel() }
}
