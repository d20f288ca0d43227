import TestSupport

/// What kind of world a simulation of who wants what is: everything is drawn from the seed.
struct DemandPlan {
    /// How a group is broken on purpose, to see that the judge notices.
    enum Sabotage: CaseIterable {
        /// No relay renews what it has said.
        case unrenewed
        /// No relay is asked for its whole set.
        case unasked
        /// A new leader doesn't believe what the log knows, or not for long enough.
        case unbelieving, impatient
        /// Relays don't hear of a new leader.
        case untold
    }

    let seed: UInt64
    var sabotage: Sabotage?
    /// How likely a message is lost, or comes twice.
    let loss: Double
    let repetition: Double
    /// How long a message takes at most, in milliseconds.
    let delay: Int
    /// Whether relays and those that may lead are cut off for a while.
    let hasCuts: Bool
    let relays: Int
    let tables: Int
    let topics: Int
    /// How large a request is at most, in bytes: with large ones a set comes in parts.
    let request: Int
    /// How often something happens, in milliseconds.
    let pace: Int
    /// How long things go wrong, in milliseconds.
    let length: Int

    static let lease = 1000
    static let largestMessage = 4096
    /// A process is away for so long at most, in milliseconds.
    static let absence = 1500

    init(seed: UInt64, sabotage: Sabotage? = nil) {
        var random = SplitMix(seed: seed)
        func draw<Value>(_ values: Value...) -> Value { values[Int.random(in: values.indices, using: &random)] }
        self.seed = seed
        self.sabotage = sabotage
        loss = draw(0, 0, 0.05, 0.3)
        repetition = draw(0, 0.1, 0.3)
        delay = draw(1, 20, loss > 0 ? 900 : 50)
        hasCuts = loss > 0
        relays = draw(2, 3, 5)
        tables = draw(1, 2, 2)
        topics = draw(3, 8, 20)
        request = draw(10, 1500, 3000)
        pace = draw(30, 100, 400)
        length = draw(5000, 15000)
    }
}

/// What simulations have met.
struct DemandTally {
    var runs = 0
    var messages = 0
    var lost = 0
    var restarts = 0
    var terms = 0
    var wanted = 0
    var unwanted = 0
    var parts = 0
    var late: UInt64 = 0
    var resyncs: UInt64 = 0

    mutating func add(_ other: DemandTally) {
        runs += other.runs
        messages += other.messages
        lost += other.lost
        restarts += other.restarts
        terms += other.terms
        wanted += other.wanted
        unwanted += other.unwanted
        parts += other.parts
        late += other.late
        resyncs += other.resyncs
    }
}
