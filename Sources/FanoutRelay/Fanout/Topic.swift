internal import GraphQLSession
internal import Synchronization

/// A topic at its source: numbers its events and knows its state.
///
/// Lives on the upstream loop.
struct Topic {
    /// Its place in the relay's list, the same on all shards.
    let index: Int
    let definition: TopicDefinition
    let statistics: TopicStatistics
    private(set) var sequence: UInt64 = 0
    private(set) var status = TopicStatus.waiting

    /// Numbers a batch; preceded by a gap when payloads were dropped before it.
    mutating func record(_ batch: PayloadBatch, at now: Duration) -> [Segment] {
        var segments: [Segment] = []
        if batch.dropped > 0 {
            segments.append(gap("\(batch.dropped) events were dropped on the way in", at: now))
        }
        if !batch.isEmpty {
            segments.append(Segment(.events(first: sequence + 1, batch), at: now))
            sequence += UInt64(batch.count)
            statistics.recorded(events: batch.count, bytes: batch.bytes.count, at: now)
        }
        return segments
    }

    /// Records that events may be missing from here on.
    mutating func gap(_ reason: String, at now: Duration) -> Segment {
        statistics.gaps.add(1, ordering: .relaxed)
        return Segment(.gap(after: sequence, reason: reason), at: now)
    }

    /// Changes the state; nil when it is the same.
    mutating func become(_ status: TopicStatus, at now: Duration) -> Segment? {
        guard status != self.status else { return nil }
        self.status = status
        statistics.set(status)
        return Segment(.status(status), at: now)
    }
}
