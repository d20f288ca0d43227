/// What a run does.
struct ChaosPlan {
    /// The names of the faults, in their order.
    var order: [String]
    var seed: UInt64
    var clients: Int
    var script: ChaosScript
    /// How long the group is left alone between two faults, and up to a second more.
    var pause: Duration
    /// How long the group may take to be well again.
    var recovery: Duration
}
