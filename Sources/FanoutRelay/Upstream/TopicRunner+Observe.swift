internal import GraphQLSession
internal import Logging
internal import Synchronization
internal import WebSockets

/// Observing the session.
extension TopicRunner {
    /// Logs and counts each change of the session's state; returns why it ended, nil when it was closed.
    func observe(_ events: AsyncStream<SessionEvent>) async -> LinkFailure? {
        var lastFailure: LinkFailure?
        for await event in events {
            switch event {
            case .connecting(let attempt):
                note(attempt: attempt, in: nil)
                logger.debug("connecting to the upstream", metadata: ["attempt": "\(attempt)"])
            case .connected(let generation):
                lastFailure = nil
                note(attempt: 0, in: nil)
                statistics.upstreamFailure.withLock { $0 = nil }
                statistics.isUpstreamLive.store(true, ordering: .relaxed)
                statistics.connects.add(1, ordering: .relaxed)
                logger.info("upstream connected", metadata: ["link": "\(generation)"])
            case .disconnected(let failure, let wait):
                statistics.upstreamFailure.withLock { $0 = failure.told }
                statistics.isUpstreamLive.store(false, ordering: .relaxed)
                statistics.disconnects.add(1, ordering: .relaxed)
                note(attempt: nil, in: wait)
                linkLost()
                // The same failure again is logged at debug only.
                let level: Logger.Level = failure == lastFailure ? .debug : .warning
                lastFailure = failure
                logger.log(
                    level: level,
                    "upstream not connected",
                    metadata: ["reason": "\(failure)", "retry_in_ms": "\(Int64((wait / .milliseconds(1)).rounded()))"]
                )
            case .ended(let failure):
                statistics.upstreamFailure.withLock { $0 = failure.told }
                statistics.isUpstreamLive.store(false, ordering: .relaxed)
                logger.error("gave up to connect to the upstream", metadata: ["reason": "\(failure)"])
                return failure
            case .closed:
                statistics.isUpstreamLive.store(false, ordering: .relaxed)
                logger.info("upstream session closed")
            }
        }
        return nil
    }

    /// Notes where the back-off of the link stands, for the metrics; nil leaves the number as it is.
    private func note(attempt: Int?, in wait: Duration?) {
        if let attempt { statistics.attempt.store(attempt, ordering: .relaxed) }
        let due = wait.map { Statistics.milliseconds(EventLoop.now + $0) }
        statistics.nextAttempt.store(due ?? 0, ordering: .relaxed)
    }
}
