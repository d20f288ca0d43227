import CommandSupport
import FanoutRelay
import Glibc
import Logging
import WebSockets

/// Has a relay that runs go by its settings as they are now.
struct SettingsReload: Sendable {
    /// What came of it.
    struct Success: Sendable {
        let settings: RunSettings
        let outcome: Reload
    }

    let relay: Relay
    /// The settings of the start.
    let first: RunSettings
    /// Reads the settings.
    let again: @Sendable () throws -> RunSettings
    let threshold: LogThreshold
    let logger: Logger

    /// How long a reload may take before the log says so.
    private static let usualTime = Duration.seconds(10)

    /// Reads all settings again, and has the relay go by them; what is wrong leaves everything as it was.
    ///
    /// It has a thread of its own, since files may keep it waiting while a signal comes that ends the relay.
    func begin(then ended: @escaping @Sendable (Result<Success, Failure>) -> Void) {
        let watch = watch()
        Task(executorPreference: OwnThread(name: "reload")) {
            defer { watch.cancel() }
            var read: RunSettings?
            do {
                let next = try FileText.$currentTimeout.withValue(FileText.timeout) { try again() }
                read = next
                let outcome = try await relay.reload(next.configuration, judge: next.checkOpenness)
                ended(.success(Success(settings: next, outcome: outcome)))
            } catch {
                let line = (error as? TLSFileError)?.line(in: first.configuration) ?? "\(error)"
                ended(.failure(Failure(line: read?.locate(line) ?? line, exitCode: EX_CONFIG)))
            }
        }
    }

    /// Says in the log, once, that a reload takes long, unless the task is cancelled before.
    private func watch() -> Task<Void, Never> {
        Task(executorPreference: OwnThread(name: "reload watch")) {
            let (steps, step) = (50, Self.usualTime / 50)
            for _ in 0..<steps {
                StandardStream.pause(for: step)
                if Task.isCancelled { return }
            }
            logger.warning(
                "a reload still runs: further ones wait until it ends",
                metadata: ["after": "\(Self.usualTime)"]
            )
        }
    }

    /// The settings that count after a reload.
    func settle(_ result: Result<Success, Failure>, after former: RunSettings) -> RunSettings {
        switch result {
        case .failure(let failure):
            logger.error("kept the former settings", metadata: ["reason": "\(failure.line)"])
            return former
        case .success(let reloaded):
            threshold.set(reloaded.settings.logLevel)
            report(reloaded, former)
            return reloaded.settings
        }
    }

    /// Logs what has changed, and what can't without a restart.
    private func report(_ reloaded: Success, _ former: RunSettings) {
        let (next, outcome) = (reloaded.settings, reloaded.outcome)
        let keepsCredentials = outcome.needsRestart.contains(.credentials)
        if next.readsTokens, !keepsCredentials { logger.notice("read the tokens and keys anew") }
        if next.readsOperatorTokens { logger.notice("read the operators' tokens anew") }
        if !first.configuration.identities.isEmpty { logger.notice("read the TLS certificate anew") }
        guard next.settings != nil else { return }
        let (changed, needRestart) = ReloadTable.judge(
            next.differences(from: former),
            sinceStart: next.differences(from: first),
            outcome
        )
        let lists = [
            ("settings", changed), ("topics_added", outcome.addedTopics), ("topics_removed", outcome.removedTopics),
            ("topics_replaced", outcome.replacedTopics), ("topics_changed", outcome.changedTopics),
        ].filter { !$0.1.isEmpty }
        let metadata = Logger.Metadata(uniqueKeysWithValues: lists.map { ($0.0, "\($0.1.joined(separator: ", "))") })
        if !needRestart.isEmpty {
            logger.warning(
                "settings differ that need a restart, and stay as they were",
                metadata: ["settings": "\(needRestart.joined(separator: ", "))"]
            )
        }
        // The last word, which scripts wait for.
        if lists.isEmpty {
            logger.notice("reloaded: no setting has changed")
        } else {
            logger.notice("reloaded", metadata: metadata)
        }
    }
}
