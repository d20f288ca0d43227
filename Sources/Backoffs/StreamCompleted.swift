/// Stands for the completion of a stream where a back-off expects an error.
///
/// ``Backoff/giveUp`` and the handlers see it when a completed stream is about to be restarted.
public struct StreamCompleted: Error, Hashable, CustomStringConvertible {
    /// Creates the error.
    public init() {}

    /// The error in a few words.
    public var description: String { "the stream completed" }
}
