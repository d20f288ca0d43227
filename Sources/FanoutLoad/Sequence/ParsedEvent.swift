/// What the tool reads in an event's text.
struct ParsedEvent: Equatable {
    /// The number to check; nil if none can be read.
    var number: Int64?
    /// The offsets of the epoch, for events in an envelope.
    var epoch: Range<Int>?
    /// When the event was made, in microseconds since the Unix epoch; nil if that isn't wanted or can't be read.
    var time: Int64?
}
