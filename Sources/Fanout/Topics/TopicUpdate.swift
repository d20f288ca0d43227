/// What a shard learns about a topic.
package enum TopicUpdate: Sendable {
    /// The history goes on with this segment.
    case segment(topic: TopicID, Segment)
    /// The server answered the topic's operation with these errors, a JSON array.
    case failed(topic: TopicID, errors: [UInt8])
    /// The server completed the operation of a topic of clients: nothing follows.
    case completed(topic: TopicID)
    /// The topic's events are numbered from here on as its relay upstream, or this relay, begins to number them.
    case began(topic: TopicID, OpenedTopic)
    /// The shard's request has become this topic; its history so far comes along.
    case opened(request: UInt64, topic: TopicID, OpenedTopic)
    /// The place of this client topic is needed. A shard answers `release` if nobody listens there, otherwise `kept`.
    case reclaimed(topic: TopicID)
    /// The shard's request is refused.
    case refused(request: UInt64, reason: String)
    /// From here on holds what the shard was handed last, about all topics: what comes of new ones follows.
    case planned

    /// Whether it is a gap in the topic's history.
    package var isGap: Bool {
        if case .segment(_, let segment) = self, case .gap = segment.content { true } else { false }
    }

    /// What the update costs in memory while it waits.
    package var size: Int {
        switch self {
        case .segment(_, let segment): segment.footprint
        case .failed(_, let errors): errors.count + Segment.overhead
        // A history is in memory anyway.
        case .completed, .began, .opened, .refused, .reclaimed, .planned: Segment.overhead
        }
    }
}

/// A topic that is handed to a shard.
package struct OpenedTopic: Sendable {
    /// The epoch of its events' numbers.
    package let epoch: String
    /// The state of its operation.
    package let status: TopicStatus
    /// The part of its history that is held.
    package let history: [Segment]
    /// The number of the event before the history.
    package let start: UInt64
    /// The number of the event before the newest gap that isn't held any more; nil when there is none.
    package let forgottenGap: UInt64?
    /// The number of its newest event, kept up to date by the upstream loop.
    package let head: TopicHead
    /// Whether a relay upstream gives the numbers.
    package let isForeign: Bool
    /// Whether other relays have the same numbers, and may have come further.
    package let hasPeers: Bool
    /// Whether there were events with other numbers before, whose clients are told a gap next.
    package let isSuccessor: Bool

    package init(
        epoch: String,
        status: TopicStatus,
        history: [Segment],
        start: UInt64 = 0,
        forgottenGap: UInt64?,
        head: TopicHead,
        isForeign: Bool = false,
        hasPeers: Bool = false,
        isSuccessor: Bool = false
    ) {
        self.epoch = epoch
        self.status = status
        self.history = history
        self.start = start
        self.isForeign = isForeign
        self.hasPeers = hasPeers
        self.isSuccessor = isSuccessor
        self.forgottenGap = forgottenGap
        self.head = head
    }
}
