/// What a shard is told of a topic.
package enum TopicUpdate: Sendable {
    /// History goes on.
    case segment(topic: TopicID, Segment)
    /// The server answered the topic's operation with these errors, a JSON array.
    case failed(topic: TopicID, errors: [UInt8])
    /// The server completed the operation of a topic of clients: nothing follows.
    case completed(topic: TopicID)
    /// What the shard asked for is this topic from now on; its history so far comes along.
    case opened(request: UInt64, topic: TopicID, OpenedTopic)
    /// The topic's place is needed: a shard where nobody listens lets go of it, and says so at once, or says `kept`.
    case reclaimed(topic: TopicID)
    /// What the shard asked for can't be.
    case refused(request: UInt64, reason: String)

    /// What it costs in memory while it waits.
    package var size: Int {
        switch self {
        case .segment(_, let segment): segment.footprint
        case .failed(_, let errors): errors.count + Segment.overhead
        // The history is in memory anyway.
        case .completed, .opened, .refused, .reclaimed: Segment.overhead
        }
    }
}

/// A topic that is handed to a shard.
package struct OpenedTopic: Sendable {
    /// The epoch of its events' numbers.
    package let epoch: String
    /// The state of its operation.
    package let status: TopicStatus
    /// What is held of its past.
    package let history: [Segment]
    /// After which event the newest gap was that is not held any more.
    package let forgottenGap: UInt64?
    /// How far it has come.
    package let head: TopicHead

    package init(
        epoch: String,
        status: TopicStatus,
        history: [Segment],
        forgottenGap: UInt64?,
        head: TopicHead
    ) {
        self.epoch = epoch
        self.status = status
        self.history = history
        self.forgottenGap = forgottenGap
        self.head = head
    }
}
