import FanoutRelay
import Glibc
import Logging

/// Runs a relay until SIGTERM or SIGINT, and drains it; SIGHUP has it read its certificate anew.
struct RelayRun {
    private let signals: ProcessSignals
    private let logger: Logger
    private let drainWindow: Duration

    /// Takes over the signals; SIGHUP only for a relay with a certificate, and else it ends the process as ever.
    init(logger: Logger, drainWindow: Duration, hasCertificate: Bool) {
        signals = ProcessSignals(hangUp: hasCertificate)
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
        } catch let error as TLSFileError {
            throw Failure(line: line(of: error), exitCode: EX_CONFIG)
        } catch {
            throw Failure(line: "\(error)", exitCode: EX_USAGE)
        }
        started(relay)
        for await signal in signals {
            if signal == .hangUp {
                reload(relay)
                continue
            }
            logger.notice("draining", metadata: ["signal": "\(signal.name)", "window": "\(drainWindow)"])
            break
        }
        await relay.drain(over: drainWindow)
    }

    private func reload(_ relay: Relay) {
        do throws(TLSFileError) {
            try relay.reloadCertificate()
            logger.notice("read the TLS certificate anew")
        } catch {
            logger.error("kept the former TLS certificate", metadata: ["reason": "\(line(of: error))"])
        }
    }

    private func line(of error: TLSFileError) -> String {
        "\(error.isKey ? "--tls-key" : "--tls-certificate"): \(error)"
    }
}
