internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// What makes up for the events that an interruption cost.
extension TopicRunner {
    /// Runs a topic's query, if it has one, and records the result as an event; a failure is counted, and nothing more.
    ///
    /// Called between the gap and the first event of a restarted operation that already runs: whatever happens at the
    /// server from now on is either in the result or comes behind it, perhaps both.
    func refetch(_ id: TopicID) async {
        guard let topic = topics[id], let request = try? topic.definition.refetchRequest() else { return }
        do {
            let result = try await session.execute(request, within: refetchTimeout)
            publish(topics[id]?.record(PayloadBatch(result), at: EventLoop.now) ?? [], topic: id)
        } catch {
            guard !Task.isCancelled else { return }
            topic.statistics.refetchFailures.add(1, ordering: .relaxed)
            let reason = error is CancellationError ? "no answer within \(refetchTimeout)" : "\(error)"
            logger.warning(
                "the topic's refetch failed: its clients may be stale until the next event",
                metadata: ["topic": "\(topic.definition.name)", "reason": "\(reason)"]
            )
        }
    }
}
