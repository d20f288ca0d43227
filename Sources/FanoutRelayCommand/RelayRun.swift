import FanoutRelay
import Glibc
import GraphQLSession
import Logging

/// Runs a relay until SIGTERM or SIGINT, or until it gave up to connect, and drains it; SIGHUP has it read its
/// certificate anew.
struct RelayRun {
    private enum Occasion {
        case signal(ProcessSignal)
        case gaveUp(LinkFailure)
    }

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
    ///
    /// - Throws: `Failure` when the relay can't start, or gave up to connect.
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
        let (occasions, sink) = AsyncStream.makeStream(of: Occasion.self)
        let waiting = [
            Task { for await signal in signals { sink.yield(.signal(signal)) } },
            Task { if let failure = await relay.givesUp() { sink.yield(.gaveUp(failure)) } },
        ]
        defer { for task in waiting { task.cancel() } }
        for await occasion in occasions {
            switch occasion {
            case .signal(.hangUp):
                reload(relay)
            case .signal(let signal):
                logger.notice("draining", metadata: ["signal": "\(signal.name)", "window": "\(drainWindow)"])
                return await relay.drain(over: drainWindow)
            case .gaveUp(let failure):
                logger.notice("draining", metadata: ["window": "\(drainWindow)"])
                await relay.drain(over: drainWindow)
                throw Failure(line: "gave up to connect to the upstream: \(failure)", exitCode: EX_UNAVAILABLE)
            }
        }
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
