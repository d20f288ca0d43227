/// A change in the life of a session; read ``PermanentSession/events``.
public enum SessionEvent: Sendable, Hashable {
    /// It dials; attempts count from 1 since the last link that stayed (``SessionConfiguration/stableAfter``).
    case connecting(attempt: Int)
    /// The server acknowledged a link; generations count from 1.
    case connected(generation: UInt64)
    /// A link, or an attempt at one, failed; the next attempt comes after `retryIn`.
    case disconnected(LinkFailure, retryIn: Duration)
    /// It gave up, for the last failure; nothing follows.
    case ended(LinkFailure)
    /// Its owner closed it; nothing follows.
    case closed
}
