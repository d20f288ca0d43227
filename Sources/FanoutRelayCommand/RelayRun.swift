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
    /// What ends it.
    private enum Ending {
        case signal(ProcessSignal)
        case gaveUp(LinkFailure)
    }

    private enum Occasion {
        case ending(Ending)
        case hangUp
        case reloaded(Result<SettingsReload.Success, Failure>)
        /// A reload has kept the end waiting for long enough.
        case reloadIsOverdue
    }

    /// What SIGHUP has begun.
    private enum ReloadState {
        case idle
        case underWay
        /// One that came meanwhile, or several, have it begin anew.
        case underWayAndWantedAgain
    }

    /// How long a reload may keep the end waiting.
    private static let reloadTimeout = Duration.seconds(2)

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
    func run(
        _ first: RunSettings,
        again: @escaping @Sendable () throws -> RunSettings,
        started: (Relay) -> Void
    ) async throws {
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
        var reload = ReloadState.idle
        var ending: Ending?
        let (occasions, sink) = AsyncStream.makeStream(of: Occasion.self)
        let waiting = [
            Task { for await signal in signals { sink.yield(signal == .hangUp ? .hangUp : .ending(.signal(signal))) } },
            Task { if let failure = await relay.givesUp() { sink.yield(.ending(.gaveUp(failure))) } },
        ]
        defer { for task in waiting { task.cancel() } }
        let hangUpEnds = endsAtHangUp && !first.readsFiles
        let reader = SettingsReload(
            relay: relay,
            first: first,
            again: again,
            threshold: threshold,
            logger: logger
        )
        func begin() {
            manager?.tell(.reloading(at: EventLoop.now))
            reload = .underWay
            reader.begin { sink.yield(.reloaded($0)) }
        }
        for await occasion in occasions {
            switch occasion {
            case .hangUp where hangUpEnds: return try await end(relay, .signal(.hangUp), current.drain)
            case .hangUp where ending != nil: break
            case .hangUp where reload != .idle: reload = .underWayAndWantedAgain
            case .hangUp:
                guard first.settings != nil || first.readsFiles else {
                    logger.notice(
                        "SIGHUP means nothing here: no certificate and no tokens are given that could be read anew"
                    )
                    continue
                }
                begin()
            case .reloaded(let result):
                current = reader.settle(result, after: current)
                if let ending { return try await end(relay, ending, current.drain) }
                if reload == .underWayAndWantedAgain {
                    begin()
                } else {
                    reload = .idle
                    manager?.tell(.ready(status: "\(StartLine(relay))"))
                }
            case .ending(let next) where reload != .idle:
                guard ending == nil else { continue }
                ending = next
                Task(executorPreference: OwnThread(name: "reload limit")) {
                    StandardStream.pause(for: Self.reloadTimeout)
                    sink.yield(.reloadIsOverdue)
                }
            case .ending(let next): return try await end(relay, next, current.drain)
            case .reloadIsOverdue:
                logger.warning("a reload doesn't end", metadata: ["after": "\(Self.reloadTimeout)"])
                if let ending { return try await end(relay, ending, current.drain) }
            }
        }
    }

    /// Has the relay drained for the reason that ended it.
    private func end(_ relay: Relay, _ ending: Ending, _ settings: RunSettings.Drain) async throws(Failure) {
        switch ending {
        case .signal(let signal):
            await drain(relay, settings, after: settings.delay, metadata: ["signal": "\(signal.name)"])
        case .gaveUp(let failure):
            let failure = Failure(line: "gave up to connect to the upstream: \(failure)", exitCode: EX_UNAVAILABLE)
            // No delay: `/readyz` has said 503 all the time, so that no load balancer sends clients here.
            await drain(relay, settings, after: .zero, failure)
            throw failure
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

    private func line(of error: DescriptorLimitError) -> String {
        let flags = "--max-connections \(error.connections): \(error.needed) open files are needed for it"
        guard error.possible > 0 else { return "\(flags), and the hard limit is \(error.allowed) (ulimit -Hn)" }
        return "\(flags), and the hard limit is \(error.allowed) (ulimit -Hn); allowed: at most \(error.possible)"
    }
}
