internal import GraphQLSession
internal import Logging
internal import Synchronization
internal import WebSockets

/// Observing the session.
extension TopicRunner {
    /// Logs and counts each change of the session's state; returns why it ended, nil when it was closed.
    func observe(_ events: AsyncStream<SessionEvent>) async -> LinkFailure? {
        var link: UInt64?
        for await event in events {
            switch event {
            case .connecting(let attempt):
                outage.dialled()
                note(attempt: attempt, in: nil)
                logger.debug("connecting to the upstream", metadata: ["attempt": .stringConvertible(attempt)])
            case .connected(let generation):
                link = generation
                note(attempt: 0, in: nil)
                statistics.upstreamFailure.withLock { $0 = nil }
                statistics.isUpstreamLive.store(true, ordering: .relaxed)
                statistics.connects.add(1, ordering: .relaxed)
                tellConnected(generation)
            case .disconnected(let failure, let wait):
                statistics.upstreamFailure.withLock { $0 = failure.told }
                statistics.isUpstreamLive.store(false, ordering: .relaxed)
                statistics.disconnects.add(1, ordering: .relaxed)
                note(attempt: nil, in: wait)
                linkLost()
                var metadata: Logger.Metadata = [
                    "reason": "\(failure)",
                    "retry_in_ms": .stringConvertible(Int64((wait / .milliseconds(1)).rounded())),
                ]
                if let lost = link { metadata["link"] = .stringConvertible(lost) }
                link = nil
                if outage.failed(failure, at: EventLoop.now) {
                    logger.warning("upstream not connected", metadata: metadata)
                } else {
                    logger.debug("upstream not connected", metadata: metadata)
                }
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

    private func tellConnected(_ link: UInt64) {
        let number = Logger.MetadataValue.stringConvertible(link)
        guard let summary = outage.ended(at: EventLoop.now) else {
            return logger.info("upstream connected", metadata: ["link": number])
        }
        let metadata = summary.metadata.merging(["link": number]) { _, link in link }
        logger.notice("upstream connected after an outage", metadata: metadata)
    }
}
