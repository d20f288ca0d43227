import CommandSupport
import FanoutRelay
import Glibc
import GraphQLSession
import Logging
import WebSockets

/// Runs a relay until SIGTERM or SIGINT, or until it gave up connecting, and then drains it.
///
/// SIGHUP makes it read its certificate again; other signals don't end it.
struct RelayRun {
    private enum Occasion {
        case signal(ProcessSignal)
        case gaveUp(LinkFailure)
    }

    private let signals: ProcessSignals
    private let logger: Logger
    private let drainWindow: Duration
    private let drainRate: Int
    private let drainDelay: Duration
    private let access: AccessOptions
    private let operators: OperatorOptions
    private let endsAtHangUp: Bool
    private let manager = ServiceManager.ofProcess()

    /// Takes over the signals.
    ///
    /// - Parameter endsAtHangUp: Whether SIGHUP ends a relay without a certificate, like SIGTERM; otherwise it has no
    ///   effect.
    init(
        logger: Logger,
        drainWindow: Duration,
        drainRate: Int,
        drainDelay: Duration,
        access: AccessOptions,
        operators: OperatorOptions,
        endsAtHangUp: Bool = false
    ) {
        signals = ProcessSignals()
        self.logger = logger
        self.drainWindow = drainWindow
        self.drainRate = drainRate
        self.drainDelay = drainDelay
        self.access = access
        self.operators = operators
        self.endsAtHangUp = endsAtHangUp
    }

    /// Starts the relay, calls `started`, and returns after the drain.
    ///
    /// - Throws: `Failure` when the relay can't start, or has given up connecting.
    func run(_ configuration: Configuration, started: (Relay) -> Void) async throws {
        let relay: Relay
        var configuration = configuration
        configuration.droppedLogLines = { LineQueue.error.dropped }
        configuration.version = Version.current
        do {
            relay = try await Relay(configuration, logger: logger)
        } catch let error as RelayError {
            throw Failure(line: error.description, exitCode: EX_OSERR)
        } catch let error as DescriptorLimitError {
            throw Failure(line: line(of: error), exitCode: EX_CONFIG)
        } catch let error as TLSFileError {
            throw Failure(line: error.line(in: configuration), exitCode: EX_CONFIG)
        } catch {
            throw Failure(line: "\(error)", exitCode: EX_USAGE)
        }
        started(relay)
        manager?.tell(.ready(status: "\(StartLine(relay))"))
        let watchdog = Watchdog(relay, telling: manager)
        defer { watchdog?.stop() }
        let isReloaded = !configuration.identities.isEmpty || readsTokens
        let (occasions, sink) = AsyncStream.makeStream(of: Occasion.self)
        let waiting = [
            Task { for await signal in signals { sink.yield(.signal(signal)) } },
            Task { if let failure = await relay.givesUp() { sink.yield(.gaveUp(failure)) } },
        ]
        defer { for task in waiting { task.cancel() } }
        for await occasion in occasions {
            switch occasion {
            case .signal(.hangUp) where isReloaded || !endsAtHangUp:
                manager?.tell(.reloading(at: EventLoop.now))
                reload(relay, configuration)
                manager?.tell(.ready(status: "\(StartLine(relay))"))
            case .signal(let signal):
                return await drain(relay, after: drainDelay, metadata: ["signal": "\(signal.name)"])
            case .gaveUp(let failure):
                let failure = Failure(
                    line: "gave up to connect to the upstream: \(failure)",
                    exitCode: EX_UNAVAILABLE
                )
                // No delay: `/readyz` has said 503 all the time, so that no load balancer sends clients here.
                await drain(relay, after: .zero, failure)
                throw failure
            }
        }
    }

    /// Drains the relay, and ends the process if that takes longer than it may.
    private func drain(
        _ relay: Relay,
        after delay: Duration,
        _ failure: Failure? = nil,
        metadata: Logger.Metadata = [:]
    ) async {
        var metadata = metadata
        let drainWindow = relay.drainWindow(atLeast: drainWindow, rate: drainRate)
        metadata["window"] = "\(drainWindow)"
        if delay > .zero { metadata["delay"] = "\(delay)" }
        logger.notice("draining", metadata: metadata)
        let limit = relay.longestDrain(over: drainWindow, after: delay)
        manager?.tell(.stopping(within: limit + .seconds(1)))
        Task(executorPreference: OwnThread(name: "drain limit")) { [logger] in
            StandardStream.pause(for: limit)
            logger.warning("the drain is given up: a thread didn't end", metadata: ["after": "\(limit)"])
            if let failure { FanoutRelayCommand.complain(failure.line, failure.exitCode) }
            FanoutRelayCommand.end(EXIT_SUCCESS)
        }
        await relay.drain(over: drainWindow, after: delay)
    }

    /// Reads the files again that may change; what can't be read leaves everything as it was.
    private func reload(_ relay: Relay, _ configuration: Configuration) {
        let hasCertificate = !configuration.identities.isEmpty
        guard hasCertificate || readsTokens else {
            return logger.notice(
                "SIGHUP means nothing here: no certificate and no tokens are given that could be read anew"
            )
        }
        if access.asksForTokens {
            do {
                configuration.authorizer.replace(try access.verifier(keeping: configuration.boundClaims))
                logger.notice("read the tokens and keys anew")
            } catch {
                logger.error("kept the former tokens and keys", metadata: ["reason": "\(error)"])
            }
            configuration.authorizer.refreshKeys()
        }
        reloadOperatorTokens(configuration)
        guard hasCertificate else { return }
        do throws(TLSFileError) {
            try relay.reloadCertificates()
            logger.notice("read the TLS certificate anew")
        } catch {
            let reason = error.line(in: configuration)
            logger.error("kept the former TLS certificate", metadata: ["reason": "\(reason)"])
        }
    }

    /// Whether there are files of tokens or keys.
    private var readsTokens: Bool { access.asksForTokens || operators.adminTokenFile != nil }

    private func reloadOperatorTokens(_ configuration: Configuration) {
        do {
            guard let tokens = try operators.tokens() else { return }
            configuration.authorizer.admitOperators(tokens)
            logger.notice("read the operators' tokens anew")
        } catch {
            logger.error("kept the operators' former tokens", metadata: ["reason": "\(error)"])
        }
    }

    private func line(of error: DescriptorLimitError) -> String {
        let flags = "--max-connections \(error.connections): \(error.needed) open files are needed for it"
        guard error.possible > 0 else { return "\(flags), and the hard limit is \(error.allowed) (ulimit -Hn)" }
        return "\(flags), and the hard limit is \(error.allowed) (ulimit -Hn); allowed: at most \(error.possible)"
    }
}

extension TLSFileError {
    /// The line that names the flag, too: that of all ports, or of one.
    func line(in configuration: Configuration) -> String {
        func isOf(_ files: TLSFiles?) -> Bool {
            path == (isAuthority ? files?.clients?.authorities : isKey ? files?.key : files?.certificate)
        }
        let isOfClients = configuration.listeners.contains { isOf($0.files(configuration.tls)) }
        let flag = isOf(configuration.tls) ? "--" : isOfClients ? "--listen " : "\(OperatorOptions.listenFlag) "
        return "\(flag)\(isAuthority ? "tls-client-ca" : isKey ? "tls-key" : "tls-certificate"): \(self)"
    }
}
