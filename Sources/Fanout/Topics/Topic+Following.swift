package import GraphQLTransport

/// A topic whose events a relay upstream numbers: the numbers are taken over, so that its tokens are good here too.
///
/// An interruption alone is then no gap: the next operation begins after the last event, and the relay upstream tells
/// if it doesn't hold what followed.
extension Topic {
    /// Who numbers a topic's events.
    package enum Numbering: Sendable {
        /// Not known before the server has been asked.
        case unknown
        /// This relay.
        case here
        /// A relay upstream.
        case upstream
    }

    /// Where the next operation begins, at a server that numbers events.
    package var subscriptionStart: SubscriptionStart {
        if let arriving { return .after(ResumeToken(epoch: arriving.epoch, sequence: arriving.sequence)) }
        guard numbering == .upstream else { return .last(StartPosition.maximumCount) }
        return .after(ResumeToken(epoch: epoch, sequence: sequence))
    }

    /// Has the events numbered here, because the server doesn't do it.
    ///
    /// - Returns: What the shards have to know; nil when it is so already.
    package mutating func numberHere() -> OpenedTopic? {
        arriving = nil
        guard numbering != .here else { return nil }
        numbering = .here
        let isSuccessor = isForeign
        if isSuccessor {
            // Numbers that a relay upstream went on with must not be given again.
            returns += 1
            renumber(epoch: "\(ownEpoch)-r\(returns)", after: 0)
            isForeign = false
            isBroken = true
        }
        return opened(isSuccessor: isSuccessor)
    }

    /// Begins with the relay upstream's history, as at first, when the operation starts again.
    ///
    /// What happens while nobody listens isn't new to those who come then.
    mutating func forgetNumbers() {
        guard numbering == .upstream else { return }
        numbering = .unknown
        arriving = nil
    }

    /// Passes over the next event, which can't be taken: the operation would begin with it again and again.
    ///
    /// - Returns: The gap that takes its place; nil where the events are numbered here, or the history arrives.
    package mutating func skip(_ reason: String, at now: Duration) -> Segment? {
        if arriving != nil {
            arriving?.skip(reason, at: now)
            return nil
        }
        guard numbering == .upstream else { return nil }
        let segment = gap(reason, at: now)
        sequence += 1
        head.advance(to: sequence)
        return segment
    }

    /// Takes what has come of a history for all of it, since nothing follows.
    package mutating func adoptArrived(at now: Duration) -> [TopicUpdate] {
        arriving.take().map { adopt($0, at: now) } ?? []
    }

    /// Takes a batch whose events a relay upstream has numbered.
    ///
    /// - Parameters:
    ///   - start: The event before the batch.
    ///   - policy: How much is kept of a history that arrives.
    package mutating func follow(
        _ batch: PayloadBatch,
        after start: ResumeToken,
        keeping policy: LagPolicy,
        at now: Duration
    ) -> [TopicUpdate] {
        guard numbering != .upstream || start.epoch != epoch else {
            arriving = nil
            return advance(batch, after: start.sequence, at: now)
        }
        let known = arriving.take().flatMap { $0.epoch == start.epoch ? $0 : nil }
        var history = known ?? ArrivingHistory(batch, after: start, keeping: policy, at: now)
        let count = history.count(of: batch, after: start.sequence)
        history.append(batch.prefix(count), after: start.sequence, at: now, countedBy: statistics)
        guard history.isComplete(at: now) else {
            arriving = history
            return []
        }
        var rest = batch.suffix(after: count)
        rest.place.gap = nil
        return adopt(history, at: now) + advance(rest, after: sequence, at: now)
    }

    /// True while events come that happened before the operation began.
    package var isArriving: Bool { arriving != nil }

    /// Goes on with the numbers of a history that has arrived.
    private mutating func adopt(_ history: ArrivingHistory, at now: Duration) -> [TopicUpdate] {
        // After a rest the numbers are mostly those of before.
        let isSuccessor = numbering != .unknown || isForeign && history.epoch != epoch
        numbering = .upstream
        isForeign = true
        renumber(epoch: history.epoch, after: history.sequence)
        var updates: [TopicUpdate] = [.began(topic: id, opened(with: history.backlog, isSuccessor: isSuccessor))]
        if isSuccessor {
            updates.append(.segment(topic: id, gap(history.gap ?? "the events are numbered anew", at: now)))
        }
        isBroken = false
        return updates
    }

    /// Records events that follow those that are known, and a gap before them if some are missing.
    private mutating func advance(_ batch: PayloadBatch, after start: UInt64, at now: Duration) -> [TopicUpdate] {
        var segments: [Segment] = []
        let isMissing = start > sequence
        // A batch that was cut may lack a head that its first part had.
        if let reason = batch.gap ?? (isMissing ? Self.missing(before: batch) : nil) {
            segments.append(gap(reason, at: now))
            sequence = max(sequence, start)
            head.advance(to: sequence)
        }
        isBroken = false
        let known = min(UInt64(batch.count), sequence - start)
        let fresh = batch.suffix(after: Int(known))
        if !fresh.isEmpty {
            segments.append(append(fresh, at: now))
        }
        return segments.map { .segment(topic: id, $0) }
    }

    /// Why numbers are missing before a batch.
    static func missing(before batch: PayloadBatch) -> String {
        batch.dropped > 0 ? PayloadBatch.lost(batch.dropped) : "the relay upstream skipped numbers"
    }

    private mutating func renumber(epoch: String, after sequence: UInt64) {
        self.epoch = epoch
        self.sequence = sequence
        head = TopicHead(at: sequence)
        gapAfter = nil
    }

    /// How the topic is, for shards that don't know it, or not with these numbers.
    ///
    /// - Parameters:
    ///   - history: What is held of it; nil for nothing.
    ///   - isSuccessor: Whether there were events with other numbers before.
    package func opened(with history: Backlog? = nil, isSuccessor: Bool = false) -> OpenedTopic {
        OpenedTopic(
            epoch: epoch,
            status: status,
            history: history?.segments ?? [],
            start: history.map { $0.sequence(before: $0.tail) } ?? sequence,
            forgottenGap: history?.forgottenGap,
            head: head,
            isForeign: isForeign,
            hasPeers: isForeign,
            isSuccessor: isSuccessor
        )
    }
}

/// Events that a relay upstream sends first, because they happened before the operation began.
///
/// They become the topic's history at once when all are there, and aren't delivered as new.
struct ArrivingHistory {
    let epoch: String
    /// Why events may be missing between those that were known and these.
    let gap: String?
    /// The number of the last one.
    private let newest: UInt64
    /// When it is taken for whole, whatever is missing.
    private let end: Duration
    private(set) var backlog: Backlog
    /// The number of the newest event that came, or that a gap stands for.
    private(set) var sequence: UInt64
    /// Whether a gap is the newest that came.
    private var endsWithGap = false

    /// How long it may take to come, in case that the number of its last event is wrong.
    private static let longest = Duration.seconds(60)

    init(_ batch: PayloadBatch, after start: ResumeToken, keeping policy: LagPolicy, at now: Duration) {
        end = now + Self.longest
        epoch = start.epoch
        gap = batch.gap
        newest = batch.place.newest ?? start.sequence
        sequence = start.sequence
        backlog = Backlog(topic: "", epoch: epoch, policy: policy, after: start.sequence)
        if batch.place.hasGapBefore { backlog.restore([], forgottenGap: start.sequence) }
    }

    func isComplete(at now: Duration) -> Bool { sequence >= newest || now >= end }

    /// How many of a batch's events belong to it.
    func count(of batch: PayloadBatch, after start: UInt64) -> Int {
        newest > start ? Int(min(newest - start, UInt64(batch.count))) : 0
    }

    mutating func append(
        _ batch: PayloadBatch,
        after start: UInt64,
        at now: Duration,
        countedBy statistics: TopicStatistics
    ) {
        if start > sequence || batch.gap != nil && !batch.place.isOpening {
            note(batch.gap ?? Topic.missing(before: batch), at: now)
            sequence = max(sequence, start)
        }
        let known = start < sequence ? min(UInt64(batch.count), sequence - start) : 0
        let fresh = batch.suffix(after: Int(known))
        if !fresh.isEmpty {
            backlog.append(Segment(.events(first: sequence + 1, fresh), at: now, countedBy: statistics))
            sequence += UInt64(fresh.count)
            endsWithGap = false
        }
        backlog.trim(at: now)
    }

    /// Passes over the next event.
    mutating func skip(_ reason: String, at now: Duration) {
        note(reason, at: now)
        sequence += 1
    }

    private mutating func note(_ gap: String, at now: Duration) {
        guard !endsWithGap else { return }
        endsWithGap = true
        backlog.append(Segment(.gap(after: sequence, reason: gap), at: now))
    }
}
