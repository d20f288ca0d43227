/// Why a restarting stream ended for good.
public enum StreamEnd: Sendable {
    /// The stream completed, and ``CompletionPolicy/end`` was asked for.
    case completed

    /// The back-off gave up after this last interruption; the reason is ``GiveUpReason/fatal`` for an error past cure.
    case gaveUp(GiveUpReason, last: StreamInterruption)
}
