internal import EventLog
internal import Fanout
internal import GraphQLTransport

/// What a relay that stands by has of one topic: what its own operation brings, against what the log says.
///
/// Its operation is restarted as the leader's is. A topic whose events a relay upstream numbers needs none of this: its
/// next operation begins behind the last number.
struct StandbyTopic {
    private(set) var feed: StandbyFeed
    /// How the operation is here.
    private(set) var status = TopicStatus.waiting
    /// When it was sent to the server; nil while it isn't running.
    private var sent: Duration?
    private(set) var isForeign = false
    /// Whether its operation has broken since it was sent first.
    private var hasBroken = false
    /// Whether events of it are missing, or there are more than the server sent for it.
    private var isSpoilt = false
    /// Whether an event that replaces missed ones comes first after an interruption.
    private let refetches: Bool
    private let limits: StandbyLimits

    init(_ limits: StandbyLimits, leaderStatus: OperationStatus, refetches: Bool = false, now: Duration) {
        self.limits = limits
        self.refetches = refetches
        feed = StandbyFeed(limits: limits, leaderStatus: leaderStatus, now: now)
    }

    /// Takes what this relay's own operation says.
    mutating func take(_ update: TopicUpdate, now: Duration) {
        switch update {
        case .began(_, let opened), .opened(_, _, let opened): isForeign = opened.isForeign
        case .segment(_, let segment):
            switch segment.content {
            case .events(_, let batch):
                if let payloads = EventPayloads(bytes: batch.bytes, ends: batch.ends) {
                    feed.received(payloads, now: now)
                }
            // Some of what it brings is missing. A gap before it runs is about what the former one has missed.
            case .gap where status == .live: spoil()
            case .gap: break
            case .status(let status):
                self.status = status
                sent = status == .live ? now : nil
                // The leader's operation doesn't bring what was asked for besides.
                if status == .live, hasBroken, refetches { return spoil() }
                if status == .interrupted || status == .failed { hasBroken = true }
                // The next one is sent after this, and what the log says from now on counts for it.
                if status != .live { feed.restarted(now: now) }
            case .refused: break
            }
        case .failed, .completed, .reclaimed, .refused, .planned: break
        }
    }

    private mutating func spoil() {
        feed.interrupted()
        isSpoilt = true
    }

    /// Whether the operation should be sent anew: what this one brings can't be continued.
    var needsRestart: Bool { !isForeign && (isSpoilt || feed.needsRestart) }

    /// Takes what the log says.
    mutating func take(_ update: LogUpdate, now: Duration) {
        switch update.content {
        case .events(_, let payloads): feed.logged(payloads, now: now)
        case .gap, .began: feed.loggedGap(now: now)
        case .status(let status): feed.logged(status, now: now)
        case .failed, .refused, .completed, .ended, .opened: break
        }
    }

    /// The log has a message of who leads.
    mutating func heard(isNewTerm: Bool, now: Duration) {
        if isNewTerm { feed.termBegan(now: now) } else { feed.heard(now: now) }
    }

    /// Servers refuse an operation at once, so that one which has run for a while is accepted.
    mutating func tick(now: Duration) {
        if let sent, now - sent >= Topic.proofTime { feed.proven(now: now) }
    }

    /// Whether the place is known from which this relay could go on now.
    mutating func isAligned(to tail: [ArraySlice<UInt8>]?, now: Duration) -> Bool {
        if isForeign { return true }
        guard status == .live, !isSpoilt else { return false }
        if case .found = feed.align(tail: tail, now: now) { return true }
        return false
    }
}
