/// What a restarting stream does when the stream below it completes.
public enum CompletionPolicy: Sendable, Hashable {
    /// Treats completion as an interruption: waits and opens a new stream, on the same budget as failures.
    case restart

    /// Ends.
    case end
}
