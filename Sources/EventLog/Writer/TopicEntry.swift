/// What a leader is to append about a topic; the log gives it its place.
package enum TopicEntry: Equatable, Sendable {
    /// Events, at least one.
    ///
    /// They get the topic's next numbers, unless a relay upstream has numbered them: then `first` is the number of the
    /// first. A gap is put before events whose numbers leave some out, and what the log has already is left out.
    case events(EventPayloads, first: UInt64? = nil)
    /// Events may be missing here.
    case gap(reason: String)
    case status(OperationStatus)
    case failed(errors: [UInt8])
    /// The request for the topic is refused; it isn't one.
    case refused(reason: String)
    case completed
    /// Nobody wants the topic any more, and its operation was ended.
    case ended
    case opened
    /// The events are numbered anew, after the event of a number.
    ///
    /// The epoch is that of a relay upstream; nil for a new one of the log's own.
    case began(epoch: String?, after: UInt64 = 0)
    case checkpoint(TopicCheckpoint)
}
