/// What one relay wants, as far as it was heard.
struct RelayDemand {
    struct Place {
        /// The whole set in which the topic was last, or after which it came.
        var generation: UInt64
        /// Whether there was no room for it.
        var isRefused: Bool
    }

    /// A whole set whose parts are coming.
    struct PartialSet {
        let count: Int
        /// The part that comes next.
        var next = 0
        /// Whether there was no room for some of its topics.
        var isOverfull = false
    }

    private(set) var incarnation: UInt64
    /// The number of its last message.
    var counter: UInt64 = 0
    /// When it was heard last.
    var heard: Duration
    /// When it was last asked for its whole set.
    var asked: Duration?
    /// Also those that were refused, as the relay doesn't know that when it counts.
    var places: [TopicHash: Place] = [:]
    var digest = DemandDigest()
    /// Grows with each whole set.
    private(set) var generation: UInt64 = 0
    var set: PartialSet?
    /// Whether it wanted more topics than there was room for.
    var isOverfull = false

    init(incarnation: UInt64, heard: Duration) {
        self.incarnation = incarnation
        self.heard = heard
    }

    /// Goes on as a new process of the node.
    mutating func begin(_ incarnation: UInt64) {
        self.incarnation = incarnation
        counter = 0
        set = nil
    }

    /// A whole set begins.
    mutating func newSet(of count: Int) -> PartialSet {
        generation += 1
        return PartialSet(count: count)
    }

    /// Those of before the newest whole set, in order.
    var former: [TopicHash] {
        places.lazy.filter { $1.generation < generation }.map(\.key).sorted()
    }
}

/// Who wants one topic.
struct TopicDemand {
    /// How many relays want it.
    var relays = 0
    var request: DemandRequest?
    /// Whether somebody is believed to want it.
    var isAdopted = false
    /// Whether it was told that a relay wants it.
    var isTold = false
}
