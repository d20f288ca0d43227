import TestSupport

@testable import EventLog

/// What kind of world a simulation is: everything is drawn from the seed.
struct SimulationPlan {
    /// How a group is broken on purpose, to see that the judges notice.
    enum Sabotage: CaseIterable {
        /// The log appends behind any message: a leader that was overtaken isn't stopped.
        case unfenced
        /// Numbers are predicted: the next message is sent before the answer to the one before.
        case pipelined
        /// What had no answer is appended anew behind whatever is last.
        case resent
        /// What was missed is filled with something else.
        case misread
        /// Who takes over doesn't say that events may be missing.
        case silent
        /// Who takes over goes on with its feed wherever that is.
        case unaligned
    }

    let seed: UInt64
    var sabotage: Sabotage?
    var isHot: Bool
    let hasHandOvers: Bool
    /// Whether processes are killed.
    var kills = true
    /// Whether the log is put back to what it was; processes aren't killed then, since who is new can't know of it.
    var isRewound = false
    /// How likely a message is lost, comes twice, or takes long.
    let loss: Double
    let repetition: Double
    let slowness: Double
    /// How likely a replica that is behind answers, and how likely the log refuses without a reason.
    let staleness: Double
    let moodiness: Double
    /// How many messages the log holds; nil for all.
    var kept: Int?
    var outbox: Int
    let batch: Int
    let acknowledgementTimeout: Int
    /// How likely an event is larger than a message.
    let largeness: Double
    /// How often something happens to a node or the log, in milliseconds.
    let pace: Int
    let topics: Int
    /// How long things go wrong, in milliseconds.
    let length: Int

    static let lease = 1000
    static let largestMessage = 4096

    init(seed: UInt64, sabotage: Sabotage? = nil) {
        var random = SplitMix(seed: seed)
        func draw<Value>(_ values: Value...) -> Value { values[Int.random(in: values.indices, using: &random)] }
        self.seed = seed
        self.sabotage = sabotage
        isHot = draw(true, false)
        hasHandOvers = draw(true, false)
        loss = draw(0, 0.01, 0.05, 0.2)
        repetition = draw(0, 0.02, 0.1)
        slowness = draw(0, 0.01, 0.05)
        staleness = draw(0, 0, 0.2)
        moodiness = draw(0, 0, 0.02)
        kept = draw(nil, nil, 30)
        outbox = draw(1 << 20, 1 << 20, 3000)
        batch = draw(1, 100)
        acknowledgementTimeout = draw(Self.lease, 8 * Self.lease)
        largeness = draw(0, 0.05)
        pace = draw(300, 1000, 3000)
        topics = draw(1, 2, 4)
        length = draw(6000, 12000)
    }
}
