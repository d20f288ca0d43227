/// Why no further try is made.
public enum GiveUpReason: Sendable, Hashable, CustomStringConvertible {
    /// The error was fatal: ``Backoff/giveUp`` said so, or it was a `CancellationError`.
    case fatal

    /// ``Backoff/maxTries`` tries were made.
    case triesSpent

    /// ``Backoff/maxTime`` is over.
    case timeSpent

    /// The sequence of waits came to its end.
    case waitsSpent

    /// The reason in a few words.
    public var description: String {
        switch self {
        case .fatal: "the error is fatal"
        case .triesSpent: "all tries are spent"
        case .timeSpent: "the time is spent"
        case .waitsSpent: "the waits are spent"
        }
    }
}
