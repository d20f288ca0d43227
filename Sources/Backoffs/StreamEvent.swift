/// What a restarting stream has to tell.
///
/// The order is always the same: elements; for each outage one `interrupted` and, once a new stream is open, one
/// `resumed`; at last one `ended`. An outage may begin before the first element, when the first stream can't be
/// opened.
public enum StreamEvent<Element> {
    /// An element of the stream.
    case next(Element)

    /// The stream broke off and is being restarted; what happens from here to `resumed` may be missed.
    case interrupted(StreamInterruption)

    /// A new stream is open: the factory has returned it. Its first element may be long in coming.
    case resumed

    /// No further stream is opened; nothing follows.
    case ended(StreamEnd)
}

extension StreamEvent: Sendable where Element: Sendable {}
