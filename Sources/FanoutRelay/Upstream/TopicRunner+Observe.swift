internal import GraphQLSession
internal import Logging
internal import Synchronization

/// What becomes of the session.
extension TopicRunner {
    /// Logs each change of the session's state once, and counts; returns why it ended, nil when it was closed.
    func observe(_ events: AsyncStream<SessionEvent>) async -> LinkFailure? {
        var lastFailure: LinkFailure?
        for await event in events {
            switch event {
            case .connecting(let attempt):
                logger.debug("connecting to the upstream", metadata: ["attempt": "\(attempt)"])
            case .connected(let generation):
                lastFailure = nil
                statistics.upstreamFailure.withLock { $0 = nil }
                statistics.isUpstreamLive.store(true, ordering: .relaxed)
                statistics.connects.add(1, ordering: .relaxed)
                logger.info("upstream connected", metadata: ["link": "\(generation)"])
            case .disconnected(let failure, let wait):
                statistics.upstreamFailure.withLock { $0 = failure.told }
                statistics.isUpstreamLive.store(false, ordering: .relaxed)
                statistics.disconnects.add(1, ordering: .relaxed)
                linkLost()
                // The same failure again is no news.
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
}
