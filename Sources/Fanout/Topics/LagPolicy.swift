/// How far a client may fall behind a topic before the topic's lag action is taken, and how much history is kept.
public struct LagPolicy: Sendable, Hashable {
    /// How many payload bytes a client may lack; 1 MiB by default.
    public var bytes = 1 << 20
    /// How old the next event that a client needs may be; 30 s by default.
    public var age = Duration.seconds(30)
    /// How many bytes of history each topic keeps: its payloads, and 512 for each batch.
    ///
    /// At least `bytes`.
    ///
    /// 4 MiB by default.
    public var historyBytes = 4 << 20
    /// The most events of history that each topic keeps; the newest batch is always kept whole.
    ///
    /// No limit by default.
    public var historyEvents = Int.max
    /// How long history is kept; the last event is kept longer.
    ///
    /// 60 s by default.
    public var historyAge = Duration.seconds(60)

    /// The policy for client topics: clients choose how many there are, so that history is limited to what a client may
    /// lag.
    package var ofClientTopics: LagPolicy {
        var policy = self
        policy.historyBytes = bytes
        return policy
    }

    /// The defaults.
    public init() {}
}
