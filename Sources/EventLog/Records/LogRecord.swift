/// One message of the log: what a leader appends at a time.
package struct LogMessage: Equatable, Sendable {
    /// The term of the leader that wrote it.
    package var term: UInt64
    /// The leader's incarnation.
    ///
    /// In a log that was put back to an earlier state, the leader of another past may append a message, if the numbers
    /// happen to fit.
    package var writer: UInt64
    /// At least one, in order.
    package var records: [LogRecord]

    package init(term: UInt64, writer: UInt64, _ records: [LogRecord]) {
        self.term = term
        self.writer = writer
        self.records = records
    }
}

/// Something that happened, as the relays of a group tell it each other.
package struct LogRecord: Equatable, Sendable {
    /// When it happened, by the clock of the leader's machine, in milliseconds since 1970.
    package var time: UInt64
    package var content: Content

    package init(_ content: Content, at time: UInt64) {
        self.time = time
        self.content = content
    }

    package enum Content: Equatable, Sendable {
        /// A node leads from here on.
        case term(LeaderIdentity)
        /// The leader has nothing to say.
        case beat
        /// The leader stops here, and the node of this name is to begin a term at once.
        case handOver(successor: String)
        /// Something about a topic.
        case topic(TopicPlace, TopicRecord)
    }
}

/// Who leads.
package struct LeaderIdentity: Equatable, Sendable {
    /// The node's name, up to 255 bytes.
    package var node: String
    /// A random number of its process, which all its messages carry: without it a node that was started anew would take
    /// a bid of its former process for its own.
    package var incarnation: UInt64
    /// A hash over the topics that it is configured with, by which others see whether theirs are the same.
    package var topics: UInt64

    package init(node: String, incarnation: UInt64, topics: UInt64) {
        self.node = node
        self.incarnation = incarnation
        self.topics = topics
    }
}

/// A place between two events of a topic.
package struct TopicPlace: Hashable, Sendable {
    package var topic: TopicHash
    /// Tells the numbers from others, up to 79 bytes.
    package var epoch: String
    /// The number of the event before; 0 before the first.
    package var sequence: UInt64

    package init(topic: TopicHash, epoch: String, sequence: UInt64) {
        self.topic = topic
        self.epoch = epoch
        self.sequence = sequence
    }
}

/// What happened at a topic's place.
package enum TopicRecord: Equatable, Sendable {
    /// Events with successive numbers; at least one.
    case events(EventPayloads)
    /// A piece of an event that is larger than a message.
    case part(PayloadPart)
    /// Events may be missing.
    case gap(reason: String)
    /// The operation's state has changed.
    case status(OperationStatus)
    /// The server answered the operation with errors, a JSON array.
    case failed(errors: [UInt8])
    /// The request for this topic was refused: there is no such topic.
    case refused(reason: String)
    /// The server completed the operation of a topic of clients: nothing follows.
    case completed
    /// Nobody wants the topic any more, and its operation was ended.
    case ended
    /// The topic exists from here on, because clients have asked for it.
    case opened
    /// The topic's events are numbered anew: the next one follows the place's number.
    case began(isForeign: Bool)
    /// All that a relay needs to know of the topic's past.
    case checkpoint(TopicCheckpoint)
}

/// One of the numbered pieces of a payload.
package struct PayloadPart: Equatable, Sendable {
    /// From 0 up to, not including, `count`.
    package var index: Int
    package var count: Int
    package var bytes: [UInt8]

    package init(index: Int, count: Int, bytes: [UInt8]) {
        self.index = index
        self.count = count
        self.bytes = bytes
    }
}

/// What outlives the records of a topic when the log's limits pass them.
package struct TopicCheckpoint: Equatable, Sendable {
    /// The number of the log's message that this includes, and all before it.
    package var position: UInt64
    /// The number of the event before the newest gap; nil when there was none.
    package var gapAfter: UInt64?
    package var status: OperationStatus
    /// Whether a relay upstream gives the numbers.
    package var isForeign: Bool
    /// The newest event; nil when there was none, or it is larger than a message.
    package var lastPayload: [UInt8]?

    package init(
        position: UInt64,
        gapAfter: UInt64?,
        status: OperationStatus,
        isForeign: Bool,
        lastPayload: [UInt8]?
    ) {
        self.position = position
        self.gapAfter = gapAfter
        self.status = status
        self.isForeign = isForeign
        self.lastPayload = lastPayload
    }
}

/// Whether a topic's operation runs; the states of `TopicStatus`.
package enum OperationStatus: UInt8, Sendable, CaseIterable {
    case waiting, live, interrupted, failed
}
