internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// The refetch query, which replaces what was missed during an interruption.
extension TopicRunner {
    /// Runs a topic's refetch query, if it has one, and records the result as an event; a failure is only counted.
    ///
    /// It is called after the restarted operation runs, and before its first event is recorded. So whatever changes at
    /// the server from now on is in the result, or in a later event, or in both.
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
