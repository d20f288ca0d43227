/// An error that may know when the server wants to see the next try.
///
/// ```swift
/// struct Refusal: RetryHinting {
///     var status: Int
///     var retryAfter: Duration?
/// }
/// ```
///
/// Heard only by a back-off that listens: one with a ``Backoff/Hint``, or written as `hint or …`.
public protocol RetryHinting: Error {
    /// How long from now the server asks to be left alone; nil if it didn't say.
    var retryAfter: Duration? { get }
}
