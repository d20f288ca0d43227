/// What a message of the log means for one topic: what a `TopicUpdate` is made of.
///
/// Times are those of the records, in milliseconds since 1970; 0 for what no record of the topic says.
package struct LogUpdate: Equatable, Sendable {
    package let topic: TopicHash
    package let time: UInt64
    package let content: Content

    package enum Content: Equatable, Sendable {
        /// The events' numbers begin here, or what is held of them does.
        case began(TopicBeginning)
        /// Events with successive numbers from `first` on.
        case events(first: UInt64, EventPayloads)
        /// Events may be missing after the one with this number.
        case gap(after: UInt64, reason: String)
        case status(OperationStatus)
        case failed(errors: [UInt8])
        case refused(reason: String)
        case completed
        /// Nobody wants the topic any more.
        case ended
        case opened
    }

    package init(_ content: Content, of topic: TopicHash, at time: UInt64) {
        self.content = content
        self.topic = topic
        self.time = time
    }
}

/// Where a topic's events begin for a relay that reads the log.
package struct TopicBeginning: Equatable, Sendable {
    package var epoch: String
    /// The number of the event before.
    package var sequence: UInt64
    /// The number of the event before the newest gap that isn't held any more, or may have been there; nil when there
    /// is none.
    package var forgottenGap: UInt64?
    /// Whether a relay upstream gives the numbers.
    package var isForeign: Bool
    /// Whether there were events with other numbers before, whose clients are to be told a gap.
    package var isSuccessor: Bool
}
