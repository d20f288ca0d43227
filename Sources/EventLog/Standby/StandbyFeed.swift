internal import DequeModule

/// What a standby's own operation has brought of one topic, and where that goes on from the log.
///
/// It is made when the operation is sent to the server, and from then on is given both: what the operation brings, and
/// what the log says of the topic, from the message on up to which it was read by then. It rests on this:
///
/// - The server sends both operations the same payloads in the same order.
/// - What the log said before the operation was sent had happened before it began.
/// - An event is in the log, and in the feed, within `StandbyLimits.lateness`. Who leads since the log's newest term,
///   has been silent, or had its own operation interrupted, has that time anew.
///
/// A server that doesn't keep to the first is found out. While it does there is no wrong place, however much the
/// payloads are alike: places are ruled out, and the one that is left is taken.
package struct StandbyFeed {
    private struct Batch {
        let payloads: EventPayloads
        let received: Duration
        /// About what it costs in memory, with its hashes.
        var cost: Int { payloads.bytes.count + payloads.count * 16 + 128 }
    }

    private let limits: StandbyLimits
    private var search = OffsetSearch()
    private var isRunning = true
    /// When what the log says next has happened since the operation began; nil until the operation is known to run.
    private var settlesAt: Duration?
    private var lastHeard: Duration
    /// What the log says of the leader's own operation.
    private var leaderStatus: OperationStatus
    /// How many payloads the operation had brought, and the log had, some time ago.
    private var receivedCounts: CountHistory
    private var loggedCounts: CountHistory
    private var loggedCount = 0
    /// When the feed has all from before the log's newest gap.
    private var gapPassesAt: Duration?

    private var batches: Deque<Batch> = []
    private var cost = 0
    /// How many payloads the operation has brought.
    package private(set) var count = 0
    /// The index of the oldest payload that is kept.
    package private(set) var firstKept = 0

    /// - Parameters:
    ///   - leaderStatus: What the log says of the leader's own operation.
    ///   - now: When the operation is sent.
    package init(limits: StandbyLimits, leaderStatus: OperationStatus, now: Duration) {
        self.limits = limits
        self.leaderStatus = leaderStatus
        lastHeard = now
        receivedCounts = CountHistory(grain: limits.lateness / 32)
        loggedCounts = receivedCounts
    }

    /// Whether payloads were forgotten.
    package var isTrimmed: Bool { firstKept > 0 }

    /// Whether the operation should be sent anew, after a pause: with what this one has brought nothing can be done.
    package var needsRestart: Bool { isRunning && (search.obstacle != nil || search.place == .none(.different)) }
}

/// The operation.
extension StandbyFeed {
    /// The operation broke; what it has brought can't be continued.
    package mutating func interrupted() {
        self = StandbyFeed(limits: limits, leaderStatus: leaderStatus, now: lastHeard)
        isRunning = false
    }

    /// The operation is sent to the server anew; what the log said up to now doesn't count.
    package mutating func restarted(now: Duration) {
        self = StandbyFeed(limits: limits, leaderStatus: leaderStatus, now: now)
    }

    /// The operation is known to run at the server; its first payload says so, too.
    package mutating func proven(now: Duration) {
        guard isRunning, settlesAt == nil else { return }
        settlesAt = now + limits.lateness
    }

    /// The operation has brought payloads.
    package mutating func received(_ payloads: EventPayloads, now: Duration) {
        guard isRunning, !payloads.isEmpty else { return }
        proven(now: now)
        passGap(now: now)
        for place in 0..<payloads.count { search.receive(hash(payloads[place])) }
        let batch = Batch(payloads: payloads, received: now)
        batches.append(batch)
        count += payloads.count
        receivedCounts.record(count, now: now)
        catchUp(now: now)
        cost += batch.cost
        trim(now: now)
    }

    /// Forgets what is neither young nor among the newest, and what there is no room for.
    private mutating func trim(now: Duration) {
        while let oldest = batches.first {
            let isDispensable =
                oldest.received < now - limits.keep && count - firstKept - oldest.payloads.count >= limits.count
            guard isDispensable || cost > limits.bytes else { break }
            batches.removeFirst()
            cost -= oldest.cost
            firstKept += oldest.payloads.count
            guard batches.isEmpty, !isDispensable else { continue }
            // Of a batch that is too large by itself the newest payloads stay.
            let rest = Batch(payloads: oldest.payloads.newest(within: limits.bytes - 128), received: oldest.received)
            firstKept -= rest.payloads.count
            guard !rest.payloads.isEmpty else { break }
            batches.append(rest)
            cost = rest.cost
            break
        }
        search.trimFeed(to: firstKept)
    }
}

/// The log.
extension StandbyFeed {
    /// The log has a message of who leads, about whatever; to be called after what it says of the topic.
    package mutating func heard(now: Duration) {
        guard isRunning else { return }
        if now - lastHeard > limits.silence { delay(now: now) }
        lastHeard = now
        guard leaderStatus == .live, let settlesAt, now >= settlesAt else { return }
        search.boundAbove(feedCount: receivedCounts.count(at: now - limits.lateness))
    }

    /// Somebody else leads from here on.
    package mutating func termBegan(now: Duration) {
        guard isRunning else { return }
        delay(now: now)
        lastHeard = now
    }

    /// The log has the topic's next payloads.
    package mutating func logged(_ payloads: EventPayloads, now: Duration) {
        guard !payloads.isEmpty else { return }
        logged(.live, now: now)
        guard isRunning else { return }
        for place in 0..<payloads.count { search.log(hash(payloads[place])) }
        loggedCount += payloads.count
        loggedCounts.record(loggedCount, now: now)
    }

    /// The log tells how the leader's own operation is.
    package mutating func logged(_ status: OperationStatus, now: Duration) {
        // A leader that gets nothing says nothing of what happens.
        if status == .live, leaderStatus != .live { delay(now: now) }
        leaderStatus = status
    }

    /// The log tells that the topic's payloads may be missing, or numbers them anew.
    package mutating func loggedGap(now: Duration) {
        guard isRunning else { return }
        search.logGap()
        gapPassesAt = now + limits.lateness
    }

    private mutating func delay(now: Duration) {
        if let settlesAt { self.settlesAt = max(settlesAt, now + limits.lateness) }
    }

    private func hash(_ payload: ArraySlice<UInt8>) -> UInt64 {
        var hash = StableHash()
        hash.combine(payload)
        return hash.finished
    }
}

/// The place.
extension StandbyFeed {
    /// Where the feed goes on from the log.
    ///
    /// - Parameter tail: The log's newest payloads, `TopicState.tailToAlign`. They count only where the server sends
    ///   each subscription something else: in another order, mostly. Then the place is taken where they are found, if
    ///   they are all different and there is only one.
    package mutating func align(tail: [ArraySlice<UInt8>]?, now: Duration) -> FeedPlace {
        guard isRunning else { return .none(.interrupted) }
        catchUp(now: now)
        return switch search.place {
        // What is left out after a gap is told by it.
        case .found(let index) where index < firstKept: search.isGapPending ? .found(firstKept) : .none(.trimmed)
        case .none(.different): find(tail)
        case let other: other
        }
    }

    /// Takes into account that what the log has had for long enough has come.
    private mutating func catchUp(now: Duration) {
        passGap(now: now)
        search.boundBelow(logCount: loggedCounts.count(at: now - limits.lateness))
    }

    private mutating func passGap(now: Duration) {
        guard let gapPassesAt, now >= gapPassesAt else { return }
        search.passGap()
        self.gapPassesAt = nil
    }

    private func find(_ tail: [ArraySlice<UInt8>]?) -> FeedPlace {
        guard let tail, tail.count == TopicTail.count, Set(tail).count == tail.count else { return .none(.different) }
        let kept = batches.lazy.flatMap { batch in (0..<batch.payloads.count).lazy.map { batch.payloads[$0] } }
        return switch Alignment(of: tail, in: kept) {
        case .found(let index): .found(firstKept + index)
        case .nowhere: .pending(.different)
        case .ambiguous: .none(.ambiguous)
        }
    }

    /// The payloads from an index on, counted since the operation began; those that aren't kept are left out.
    package func suffix(from index: Int) -> EventPayloads {
        var (payloads, first) = (EventPayloads(), firstKept)
        for batch in batches {
            payloads.append(batch.payloads.suffix(after: max(0, index - first)))
            first += batch.payloads.count
        }
        return payloads
    }
}

extension EventPayloads {
    /// As many of the newest as there is room for, with their places.
    fileprivate func newest(within bytes: Int) -> EventPayloads {
        var (rest, place) = (bytes, count)
        while place > 0, rest >= self[place - 1].count + 16 {
            place -= 1
            rest -= self[place].count + 16
        }
        return suffix(after: place)
    }
}
