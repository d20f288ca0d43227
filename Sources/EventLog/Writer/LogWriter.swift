/// Leads a group, or waits to: a machine without I/O and clock.
///
/// The log is the lease. Who leads has appended the newest term record behind the last message that it had read, and
/// appends everything behind the last message that it knows, one message at a time. So nobody can append who doesn't
/// know of the newest leader. Time decides only when others try.
///
/// A value held by whoever has the connection. `now` never goes back. Every call returns what to do, in order.
package struct LogWriter {
    /// What is to be done.
    package enum Action: Equatable, Sendable {
        /// Append the message, if the log's last message has this number; tell `acknowledged`, `refused` or `failed`
        /// with the append's own number.
        case append([UInt8], after: UInt64, append: UInt64)
        /// Read the message with this number; tell `found` or `missing`.
        case read(UInt64)
        /// The node leads, from this term's record on. What it knows of the topics must be given to `lead` first.
        case won(term: UInt64)
        /// Somebody else was sooner, or nobody answered.
        case lost
        /// The node leads no more. What it couldn't append is forgotten.
        case demoted(Demotion)
        /// The successor didn't come, the node leads on.
        case resumed
    }

    /// Why a node leads no more.
    package enum Demotion: Equatable, Sendable, CaseIterable {
        /// It read what somebody else has appended.
        case foreignMessage
        /// What somebody else has appended was found in the place of its own message.
        case refusedAppend
        /// Nothing was acknowledged for too long.
        case unacknowledged
        /// The log isn't what it was.
        case rewound
        /// The successor leads.
        case handedOver
    }

    enum State {
        /// Can transition to: candidate.
        case follower(Follower)
        /// Its term record is on the way. Can transition to: follower, leader.
        case candidate(term: UInt64, since: Duration, PendingAppend)
        /// Can transition to: follower.
        case leader(Leadership)

        /// Changes a leadership in place; nil when there is none.
        ///
        /// It is taken out meanwhile, or else every change would copy its outbox.
        mutating func withLeadership<Result>(_ change: (inout Leadership) -> Result) -> Result? {
            switch consume self {
            case .leader(var leadership):
                let result = change(&leadership)
                self = .leader(leadership)
                return result
            case .candidate(let term, let since, let pending):
                self = .candidate(term: term, since: since, pending)
            case .follower(let follower): self = .follower(follower)
            }
            return nil
        }
    }

    struct Follower {
        /// When something new was read.
        var heard: Duration
        /// When the log's servers had no answer last.
        var away: Duration?
        /// Whether the leader has named this node its successor.
        var isSummoned = false
    }

    struct Leadership {
        let term: UInt64
        /// The number of the term's record.
        let start: UInt64
        /// The number of the last message, which is this node's.
        var end: UInt64
        /// When a message was acknowledged last, and when one was sent last.
        var acknowledged: Duration
        var spoke: Duration
        var pending: PendingAppend?
        var outbox: Outbox
        /// Until when the log is left to the successor; nil when it isn't.
        var yields: Duration?
    }

    let identity: LeaderIdentity
    let timing: LogTiming
    let packer: MessagePacker
    let limits: OutboxLimits
    /// How many candidates try before this one.
    package var rank = 0
    /// Whether the node may lead now: an edge never may, a hot standby only while its own events come.
    package var mayLead = true
    /// The newest term that is known.
    package internal(set) var term: UInt64 = 0
    package internal(set) var counts = LogWriterCounts()
    var state: State
    /// How many messages it has appended or tried to.
    var appends: UInt64 = 0
    /// How often it has waited for its turn, from which chance is drawn.
    private var waits: UInt64 = 0

    /// - Parameters:
    ///   - identity: Its node's name must be within `RecordLimits.node`, and its incarnation random: chance is drawn
    ///     from it, too.
    ///   - largestMessage: In bytes, as the server takes them; 4096 at least.
    package init(
        identity: LeaderIdentity,
        timing: LogTiming,
        largestMessage: Int,
        limits: OutboxLimits,
        now: Duration
    ) {
        precondition(identity.node.utf8.count <= RecordLimits.node, "a node's name is too long")
        self.identity = identity
        self.timing = timing
        self.limits = limits
        packer = MessagePacker(limit: largestMessage)
        state = .follower(Follower(heard: now))
    }

    package var isLeader: Bool {
        if case .leader = state { true } else { false }
    }

    package var isFollower: Bool {
        if case .follower = state { true } else { false }
    }

    /// When `tick` is due; nil for a node that may not lead now.
    package var deadline: Duration? {
        switch state {
        case .follower where !mayLead: nil
        case .follower(let follower) where follower.isSummoned: follower.heard
        case .follower(let follower): silence(of: follower) + electionTimeout
        case .candidate(_, let since, let pending): min(since + timing.lease, pending.deadline)
        case .leader(let leadership):
            if let pending = leadership.pending {
                min(pending.deadline, leadership.acknowledged + timing.acknowledgementTimeout)
            } else {
                leadership.yields ?? leadership.spoke + timing.beat
            }
        }
    }

    /// Since when the leader could have been heard and wasn't.
    ///
    /// Without an answer of the servers nobody can append: they may choose a leader of their own. Who leads the group
    /// keeps what comes meanwhile, and has its turn first when they are back, for as long as it leads.
    private func silence(of follower: Follower) -> Duration {
        max(follower.heard, min(follower.away ?? .zero, follower.heard + timing.acknowledgementTimeout))
    }

    /// How long a follower waits, each time a little longer or shorter: those of equal rank mustn't meet again.
    ///
    /// A rank is worth twice as much as chance, so that the first may be late by a tenth of a lease: with a hot standby
    /// it is the one that misses nothing.
    private var electionTimeout: Duration {
        var hash = StableHash()
        hash.combine(identity.incarnation)
        hash.combine(waits)
        return timing.lease + timing.lease * (200 * max(0, rank) + Int(hash.finished % 100)) / 1000
    }

    /// Does what is due.
    ///
    /// - Parameters:
    ///   - end: The number of the log's last message if all up to it were read; nil while some are known to be missing.
    ///   - time: By the clock of the wall, in milliseconds since 1970.
    package mutating func tick(end: UInt64?, time: UInt64, now: Duration) -> [Action] {
        guard let deadline, now >= deadline else { return [] }
        switch state {
        case .follower:
            guard let end else { return [] }
            return bid(after: end, time: time, now: now)
        case .candidate(_, let since, let pending):
            guard now < since + timing.lease else {
                counts.unanswered += 1
                return follow(now: now, [.lost])
            }
            return now >= pending.deadline ? again(now: now) : []
        case .leader(let leadership):
            if let pending = leadership.pending {
                guard now < leadership.acknowledged + timing.acknowledgementTimeout else {
                    return demote(.unacknowledged, now: now)
                }
                return now >= pending.deadline ? again(now: now) : []
            }
            return proceed(time: time, now: now)
        }
    }

    /// Becomes a follower that has just heard of somebody.
    mutating func follow(now: Duration, _ actions: [Action]) -> [Action] {
        waits += 1
        state = .follower(Follower(heard: now))
        return actions
    }

    mutating func demote(_ reason: Demotion, now: Duration) -> [Action] {
        counts.demotions[reason, default: 0] += 1
        return follow(now: now, [.demoted(reason)])
    }

    private mutating func bid(after end: UInt64, time: UInt64, now: Duration) -> [Action] {
        let message = LogMessage(term: term + 1, writer: identity.incarnation, [LogRecord(.term(identity), at: time)])
        // The name was checked, so that it can be written.
        guard let bytes = try? message.bytes() else { return [] }
        counts.bids += 1
        appends += 1
        let pending = PendingAppend(
            bytes: bytes,
            expected: end,
            number: appends,
            phase: .sent(until: now + timing.answer),
            isHandOver: false
        )
        state = .candidate(term: message.term, since: now, pending)
        return [pending.action]
    }
}

/// What a writer has done, for metrics.
package struct LogWriterCounts: Equatable, Sendable {
    /// Term records that were sent, and of these: lost to others, and given up without an answer.
    package var bids: UInt64 = 0
    package var lost: UInt64 = 0
    package var unanswered: UInt64 = 0
    package var takeovers: UInt64 = 0
    /// Messages that are in the log.
    package var appends: UInt64 = 0
    /// Appends that had no answer in time, or none that settled it.
    package var doubts: UInt64 = 0
    /// Appends that were refused because the log's last message was another one.
    package var conflicts: UInt64 = 0
    /// Events that were dropped because too many waited.
    package var dropped: UInt64 = 0
    package var demotions: [LogWriter.Demotion: UInt64] = [:]
}
