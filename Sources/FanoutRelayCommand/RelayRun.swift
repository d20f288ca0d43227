import FanoutRelay
import Glibc
import Logging

/// Runs a relay until SIGTERM or SIGINT, and drains it.
struct RelayRun {
    private let signals = TerminationSignals()
    private let logger: Logger
    private let drainWindow: Duration

    /// Takes over the signals.
    init(logger: Logger, drainWindow: Duration) {
        self.logger = logger
        self.drainWindow = drainWindow
    }

    /// Starts, calls `started`, and returns after the drain.
    func run(_ configuration: Configuration, started: (Relay) -> Void) async throws {
        let relay: Relay
        do {
            relay = try await Relay(configuration, logger: logger)
        } catch let error as RelayError {
            throw Failure(line: error.description, exitCode: EX_OSERR)
        } catch {
            throw Failure(line: "\(error)", exitCode: EX_USAGE)
        }
        started(relay)
        let signal = await signals.first()
        logger.notice("draining", metadata: ["signal": "\(signal)", "window": "\(drainWindow)"])
        await relay.drain(over: drainWindow)
    }
}
