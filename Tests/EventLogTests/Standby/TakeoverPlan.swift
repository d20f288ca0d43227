import TestSupport

/// One takeover of one topic: what happened when, in seconds, drawn from a seed.
struct TakeoverPlan {
    /// How much a topic's payloads are alike.
    enum Payloads: Hashable, CaseIterable {
        case same, two, eight, thousand, different
        /// Twenty payloads, again and again in the same order.
        case cycle
    }

    /// What else happens before the leader dies.
    enum Trouble: CaseIterable {
        case none, pause, interruption, outage, otherLeader, otherLeaderWithGap
    }

    /// By what the place is found.
    enum Rule {
        case offsets
        /// The log's 16 newest payloads, in exactly one place of the feed.
        case tail
        /// What the log has had since the operation was sent ends with what the operation brought first.
        case overlap
    }

    /// How late an event may be; more than all delays together.
    static let lateness = 2.0
    static let lease = 2.0

    let seed: UInt64
    var payloads: Payloads
    var rule = Rule.offsets
    /// Whether the server swaps some neighbours, for each subscription others.
    var isUnordered = false
    /// What the standby believes.
    var lateness = Self.lateness

    private(set) var random: SplitMix
    let trouble: Trouble
    let isHandOver: Bool
    let isTrimmed: Bool
    /// When the standby's operation is sent, and when the leader dies.
    let sent: Double
    let death: Double
    /// When the trouble begins, and when it ends.
    let troubleBegin: Double
    let troubleEnd: Double
    /// The longest delays: from the server to a subscriber, of a batch, and from the log to its readers.
    let delays: (server: Double, batch: Double, log: Double)
    /// When the topic's events happen, and what they say.
    let events: [(time: Double, payload: [UInt8])]

    init(seed: UInt64, payloads: Payloads) {
        var random = SplitMix(seed: seed)
        func below(_ bound: Double) -> Double { Double.random(in: 0..<max(bound, 1e-9), using: &random) }
        self.seed = seed
        self.payloads = payloads
        trouble = below(1) < 0.5 ? .none : Trouble.allCases.randomElement(using: &random)!
        isHandOver = below(1) < 0.3
        isTrimmed = below(1) < 0.3
        let scale = [1.0, 4, 20, 60].randomElement(using: &random)!
        sent = 1 + below(scale / 2)
        death = sent + below(scale)
        troubleBegin = max(0, sent - 3) + below(death - sent + 3)
        let length = trouble == .pause ? below(0.9) : trouble == .otherLeader ? 2.2 + below(0.8) : below(4)
        troubleEnd = troubleBegin + length
        let slowness = [0.01, 0.1, 1].randomElement(using: &random)!
        delays = (0.4 * below(slowness), 0.2 * below(slowness), 0.1 * below(slowness))
        let horizon = death + 6
        let count = Int([0.0, 3, 30, 100, 300].randomElement(using: &random)! * (0.5 + below(1)))
        // Some come alone, some together.
        let bursts = (0...3).map { _ in below(horizon) }
        let isBursty = below(1) < 0.4
        let times = (0..<count).map { _ in
            isBursty ? min(horizon, bursts.randomElement(using: &random)! + below(1.5)) : below(horizon)
        }
        events = times.sorted().enumerated().map { number, time in
            let value =
                switch payloads {
                case .same: 0
                case .two: Int.random(in: 0..<2, using: &random)
                case .eight: Int.random(in: 0..<8, using: &random)
                case .thousand: Int.random(in: 0..<1000, using: &random)
                case .different: number
                case .cycle: number % 20
                }
            return (time, Array("\(value)".utf8))
        }
        self.random = random
    }
}
