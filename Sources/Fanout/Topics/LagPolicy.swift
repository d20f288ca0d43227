/// How far a client may fall behind a topic before the topic's lag action is taken, and how much history is kept.
public struct LagPolicy: Sendable, Hashable {
    /// Payload bytes that a client may be behind; 1 MiB by default.
    public var bytes = 1 << 20
    /// How old the next event that a client needs may be; 30 s by default.
    public var age = Duration.seconds(30)
    /// Bytes of history that each topic keeps, counting 512 for each batch beside its payloads; at least `bytes`.
    ///
    /// 4 MiB by default.
    public var historyBytes = 4 << 20
    /// Most events of history that each topic keeps, where the newest batch is kept whole; without limit by default.
    public var historyEvents = Int.max
    /// How long history is kept; the last event is kept longer.
    ///
    /// 60 s by default.
    public var historyAge = Duration.seconds(60)

    /// The same for the topics of clients, whose number clients choose: no more history than a client may lag.
    package var ofClientTopics: LagPolicy {
        var policy = self
        policy.historyBytes = bytes
        return policy
    }

    /// The defaults.
    public init() {}
}
