package import GraphQLTransport
internal import Synchronization

/// A topic at its source: numbers the events and keeps the state of the operation.
///
/// Lives on the upstream loop.
package struct Topic {
    package let id: TopicID
    /// Its options may change, its operation doesn't.
    package var definition: TopicDefinition
    package let statistics: TopicStatistics
    /// The shards with subscribers, for an operator's topic that starts on demand.
    package var awakeOn: Set<Int> = []
    /// True when its operation was stopped because nobody listened.
    package private(set) var hasRested = false
    /// The errors of the server's last refusal, a JSON array; meaningful only while the topic is failed.
    package var refusal: [UInt8] = []
    /// True from a refusal until the restarted operation has proven itself, even if the link is lost in between.
    package var wasRefused = false
    /// The last answer of the server that was no result, and how often it came in a row.
    package internal(set) var fault: (reason: String, count: Int)?
    /// The number of the newest event when a gap follows it; 0 for a gap before the first event.
    var gapAfter: UInt64?
    package internal(set) var sequence: UInt64 = 0
    /// The epoch of that number.
    package internal(set) var epoch: String
    /// The epoch of the numbers that are given here.
    let ownEpoch: String
    /// Who numbers the events.
    package internal(set) var numbering: Numbering
    /// Whether the statistics count its events and states: not where a log that relays share says what there is.
    private let isCounted: Bool
    /// Whether the epoch is that of a relay upstream.
    var isForeign = false
    /// How often the events began to be numbered here after a relay upstream had done so.
    var returns = 0
    /// What a relay upstream has sent so far of events that happened before the operation began.
    var arriving: ArrivingHistory?
    package private(set) var status = TopicStatus.waiting
    /// True when events may be missing before those of the next operation: since the newest gap an operation has run
    /// and was interrupted, whether or not it brought events.
    package internal(set) var isBroken = false
    /// When the operation began to run, and the number of the newest event then; meaningful only while it is live.
    private var start = (time: Duration.zero, sequence: UInt64(0))
    /// Publishes the number of the newest event to the shards.
    package internal(set) var head: TopicHead

    /// - Parameters:
    ///   - epoch: The epoch of the numbers that are given here.
    ///   - numbering: Who numbers the events, as far as that is known.
    ///   - isCounted: Whether the statistics count its events and states.
    ///   - former: How it was when another relay ran its operation; nil when none has.
    package init(
        id: TopicID,
        definition: TopicDefinition,
        statistics: TopicStatistics,
        head: TopicHead = TopicHead(),
        epoch: String = "",
        numbering: Numbering = .here,
        isCounted: Bool = true,
        continuing former: FormerTopic? = nil
    ) {
        self.epoch = epoch
        ownEpoch = epoch
        self.numbering = numbering
        self.isCounted = isCounted
        self.id = id
        self.definition = definition
        self.statistics = statistics
        self.head = head
        guard let former else { return }
        isBroken = former.mayLack
        if former.mayLack { status = .interrupted }
        guard let place = former.place, numbering != .here else { return }
        self.numbering = .upstream
        isForeign = true
        self.epoch = place.epoch
        sequence = place.sequence
    }

    /// The same topic with nothing recorded, for an operation that begins where another relay's has ended.
    ///
    /// - Parameters:
    ///   - former: How it was there; nil when no relay has run it.
    ///   - numbering: Who numbers the events, as far as that is known.
    package func anew(continuing former: FormerTopic?, numbering: Numbering) -> Topic {
        Topic(
            id: id,
            definition: definition,
            statistics: statistics,
            epoch: ownEpoch,
            numbering: numbering,
            isCounted: isCounted,
            continuing: former
        )
    }

    /// How long an operation must run without an answer to count as accepted: servers refuse at once.
    package static let proofTime = Duration.seconds(1)

    /// True when an operation that starts now is not the first one.
    package var isRestart: Bool { hasRested || status == .interrupted || status == .failed }

    /// Numbers a batch.
    ///
    /// A gap comes first when payloads were dropped before it.
    package mutating func record(_ batch: PayloadBatch, at now: Duration) -> [Segment] {
        var segments: [Segment] = []
        if batch.dropped > 0 {
            segments.append(gap(PayloadBatch.lost(batch.dropped), at: now))
        }
        if !batch.isEmpty { segments.append(append(batch, at: now)) }
        return segments
    }

    /// Gives the next numbers to the payloads of a batch, which isn't empty.
    mutating func append(_ batch: PayloadBatch, at now: Duration) -> Segment {
        let segment = segment(.events(first: sequence + 1, batch), at: now, arrival: batch.arrival)
        sequence += UInt64(batch.count)
        head.advance(to: sequence)
        fault = nil
        if isCounted { statistics.recorded(events: batch.count, bytes: batch.bytes.count, at: now) }
        return segment
    }

    /// Records that events may be missing from here on.
    package mutating func gap(_ reason: String, at now: Duration) -> Segment {
        if isCounted { statistics.gaps.add(1, ordering: .relaxed) }
        gapAfter = sequence
        isBroken = false
        return segment(.gap(after: sequence, reason: reason), at: now)
    }

    /// Records that the operation is stopped because nobody listens.
    ///
    /// A client that comes back may have missed events; where a relay upstream numbers them, it may still have them.
    package mutating func rest(at now: Duration) -> [Segment?] {
        hasRested = true
        let mayLack = isBroken || status == .live
        let isLost = mayLack && numbering != .upstream && gapAfter != sequence
        let segments = [isLost ? gap("nobody listened for a while", at: now) : nil, become(.waiting, at: now)]
        isBroken = false
        forgetNumbers()
        return segments
    }

    /// Records that the operation runs.
    package mutating func run(at now: Duration) -> Segment? {
        hasRested = false
        wasRefused = false
        start = (now, sequence)
        return become(.live, at: now)
    }

    /// Records that the server answered with errors.
    ///
    /// If it hadn't accepted the operation before, no events can be missing.
    package mutating func refuse(at now: Duration) -> Segment? {
        let ran = isBroken || status == .live && (sequence > start.sequence || now - start.time >= Self.proofTime)
        let segment = become(.failed, at: now)
        isBroken = ran
        return segment
    }

    /// Records an answer that was no result; nil resets the record.
    package mutating func failed(by fault: String?) {
        guard let reason = fault else { return self.fault = nil }
        self.fault = (reason, self.fault?.reason == reason ? (self.fault?.count ?? 0) + 1 : 1)
    }

    /// Whether the last fault repeats the one before, with no event in between: it has been logged already.
    package var repeatsFault: Bool { fault.map { $0.count > 1 } ?? false }

    /// Changes the status; nil when it is the same already.
    package mutating func become(_ status: TopicStatus, at now: Duration) -> Segment? {
        guard status != self.status else { return nil }
        if self.status == .live { isBroken = true }
        if isCounted { statistics.changed(from: self.status, to: status) }
        self.status = status
        return segment(.status(status), at: now)
    }

    func segment(_ content: Segment.Content, at now: Duration, arrival: Duration? = nil) -> Segment {
        Segment(content, at: now, arrival: arrival, countedBy: statistics)
    }
}
