/// What one relay wants, as far as it was heard.
struct RelayDemand {
    struct Place {
        /// The whole set in which the topic was last, or after which it came.
        var generation: UInt64
        /// Whether there was no room for it.
        var isRefused: Bool
    }

    /// A whole set whose parts are coming, in any order.
    struct PartialSet {
        /// The number of the message with the first part.
        let first: UInt64
        let count: Int
        /// Those that were there.
        var parts: Set<Int> = []
        /// Whether there was no room for some of its topics.
        var isOverfull = false
    }

    private(set) var incarnation: UInt64
    /// The number of its last message; that of the last part while a set is coming.
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

    /// Whether a message came twice, or after one that was sent later.
    func isLate(_ report: DemandReport) -> Bool {
        guard report.counter <= counter else { return false }
        guard case .set(let part, let count, _) = report.content, let set else { return true }
        return set.first != report.counter - UInt64(part) || set.count != count || set.parts.contains(part)
    }

    /// A part of a whole set comes that isn't late; the set begins unless it is the one that is coming.
    mutating func take(_ part: Int, of count: Int, number: UInt64) {
        if number > counter {
            let first = number - UInt64(part)
            generation += 1
            counter = first + UInt64(count - 1)
            set = PartialSet(first: first, count: count)
        }
        set?.parts.insert(part)
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
