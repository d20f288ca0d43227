/// How far a client may fall behind a topic before it is disconnected with 1013, and how much history is kept.
public struct LagPolicy: Sendable, Hashable {
    /// Payload bytes that a client may be behind; 1 MiB by default.
    public var bytes = 1 << 20
    /// How old the next event that a client needs may be; 30 s by default.
    public var age = Duration.seconds(30)
    /// Payload bytes of history that each topic keeps; at least `bytes`.
    ///
    /// 4 MiB by default.
    public var historyBytes = 4 << 20
    /// How long history is kept; the last event is kept longer.
    ///
    /// 60 s by default.
    public var historyAge = Duration.seconds(60)

    /// The defaults.
    public init() {}
}
