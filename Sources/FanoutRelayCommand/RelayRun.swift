import CommandSupport
import FanoutRelay
import Glibc
import GraphQLSession
import Logging
import WebSockets

/// Runs a relay until SIGTERM or SIGINT, or until it gave up connecting, and then drains it.
///
/// SIGHUP makes it read its settings again, as a whole; other signals don't end it.
struct RelayRun {
    private enum Occasion {
        case signal(ProcessSignal)
        case gaveUp(LinkFailure)
    }

    private let signals: ProcessSignals
    private let threshold: LogThreshold
    let logger: Logger
    private let endsAtHangUp: Bool
    private let manager = ServiceManager.ofProcess()

    /// Takes over the signals.
    ///
    /// - Parameter endsAtHangUp: Whether SIGHUP ends a relay without files that could be read again, like SIGTERM.
    init(log: LogOptions, endsAtHangUp: Bool = false) {
        signals = ProcessSignals()
        threshold = LogThreshold(log.logLevel)
        logger = log.logger(threshold)
        self.endsAtHangUp = endsAtHangUp
    }

    /// Starts the relay, calls `started`, and returns after the drain.
    ///
    /// - Parameter again: Reads the settings again, at SIGHUP.
    /// - Throws: `Failure` when the relay can't start, or has given up connecting.
    func run(_ first: RunSettings, again: () throws -> RunSettings, started: (Relay) -> Void) async throws {
        let relay: Relay
        var configuration = first.configuration
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
        var current = first
        let (occasions, sink) = AsyncStream.makeStream(of: Occasion.self)
        let waiting = [
            Task { for await signal in signals { sink.yield(.signal(signal)) } },
            Task { if let failure = await relay.givesUp() { sink.yield(.gaveUp(failure)) } },
        ]
        defer { for task in waiting { task.cancel() } }
        for await occasion in occasions {
            switch occasion {
            case .signal(.hangUp) where first.readsFiles || !endsAtHangUp:
                manager?.tell(.reloading(at: EventLoop.now))
                if let next = await reload(relay, current, from: first, again) { current = next }
                manager?.tell(.ready(status: "\(StartLine(relay))"))
            case .signal(let signal):
                return await drain(
                    relay,
                    current.drain,
                    after: current.drain.delay,
                    metadata: ["signal": "\(signal.name)"]
                )
            case .gaveUp(let failure):
                let failure = Failure(
                    line: "gave up to connect to the upstream: \(failure)",
                    exitCode: EX_UNAVAILABLE
                )
                // No delay: `/readyz` has said 503 all the time, so that no load balancer sends clients here.
                await drain(relay, current.drain, after: .zero, failure)
                throw failure
            }
        }
    }

    /// Drains the relay, and ends the process if that takes longer than it may.
    private func drain(
        _ relay: Relay,
        _ settings: RunSettings.Drain,
        after delay: Duration,
        _ failure: Failure? = nil,
        metadata: Logger.Metadata = [:]
    ) async {
        var metadata = metadata
        let drainWindow = relay.drainWindow(atLeast: settings.window, rate: settings.rate)
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

    /// Reads all settings again, and has the relay go by them; what is wrong leaves everything as it was.
    private func reload(
        _ relay: Relay,
        _ former: RunSettings,
        from first: RunSettings,
        _ again: () throws -> RunSettings
    ) async -> RunSettings? {
        guard first.settings != nil || first.readsFiles else {
            logger.notice(
                "SIGHUP means nothing here: no certificate and no tokens are given that could be read anew"
            )
            return nil
        }
        var next: RunSettings?
        do {
            let read = try FileText.$patience.withValue(FileText.timeout) { try again() }
            next = read
            let outcome = try await relay.reload(read.configuration)
            threshold.set(read.logLevel)
            report(outcome, read, former, from: first)
            return read
        } catch {
            let line = (error as? TLSFileError)?.line(in: first.configuration) ?? "\(error)"
            logger.error("kept the former settings", metadata: ["reason": "\(next?.locate(line) ?? line)"])
            return nil
        }
    }

    /// Logs what has changed, and what can't without a restart.
    private func report(_ outcome: Reload, _ next: RunSettings, _ former: RunSettings, from first: RunSettings) {
        let keepsCredentials = outcome.needsRestart.contains(.credentials)
        if next.readsTokens, !keepsCredentials { logger.notice("read the tokens and keys anew") }
        if next.readsOperatorTokens { logger.notice("read the operators' tokens anew") }
        if !first.configuration.identities.isEmpty { logger.notice("read the TLS certificate anew") }
        guard let settings = next.settings, let before = former.settings, let started = first.settings else { return }
        let (changed, needRestart) = ReloadTable.judge(settings, after: before, from: started, outcome)
        let lists = [
            ("settings", changed), ("topics_added", outcome.addedTopics), ("topics_removed", outcome.removedTopics),
            ("topics_replaced", outcome.replacedTopics), ("topics_changed", outcome.changedTopics),
        ].filter { !$0.1.isEmpty }
        let metadata = Logger.Metadata(uniqueKeysWithValues: lists.map { ($0.0, "\($0.1.joined(separator: ", "))") })
        if lists.isEmpty {
            logger.notice("reloaded: no setting has changed")
        } else {
            logger.notice("reloaded", metadata: metadata)
        }
        guard !needRestart.isEmpty else { return }
        logger.warning(
            "settings differ that need a restart, and stay as they were",
            metadata: ["settings": "\(needRestart.joined(separator: ", "))"]
        )
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
