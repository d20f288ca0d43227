/// Clients that begin within a topic's history.
extension ShardTopic {
    /// True when a client exceeds the lag policy.
    ///
    /// One that catches up with what happened before it came doesn't, as long as that is held.
    package func isTooFarBehind(_ subscriber: Subscriber, at now: Duration) -> Bool {
        if subscriber.cursor < subscriber.statesFrom, subscriber.cursor >= backlog.tail { return false }
        return backlog.isTooFarBehind(subscriber.cursor, at: now)
    }

    /// What is told of the events from a position on; nil when none has happened yet.
    package func history(from position: Position) -> HistoryHead? {
        let before = backlog.sequence(before: position)
        guard position < backlog.head, before < backlog.sequence else { return nil }
        let (next, isComplete) = backlog.position(after: before)
        return HistoryHead(newest: backlog.sequence, hasGapBefore: !isComplete || hasGap(from: next, to: position))
    }

    private func hasGap(from start: Position, to end: Position) -> Bool {
        guard start < end, let first = backlog.index(of: start), let last = backlog.index(of: end) else { return false }
        return (first..<last).contains { if case .gap = backlog[$0].segment.content { true } else { false } }
    }
}
