package import GraphQLTransport
internal import Synchronization

/// A topic at its source: numbers its events and knows its state.
///
/// Lives on the upstream loop.
package struct Topic {
    /// The operator's topics are numbered as in the relay's list; those of clients follow, and no number comes back.
    package let id: TopicID
    package let definition: TopicDefinition
    package let statistics: TopicStatistics
    /// The shards with subscribers, for an operator's topic that starts on demand.
    package var awakeOn: Set<Int> = []
    /// True when its operation was stopped because nobody listened.
    package private(set) var hasRested = false
    /// What the server answered it with at last, a JSON array; of account while it is failed.
    package var refusal: [UInt8] = []
    /// True from a refusal on until the operation runs again, through lost links too: it must be proven then.
    package var wasRefused = false
    /// What the server sent that was no result, and how often in a row.
    package private(set) var fault: (reason: String, count: Int)?
    /// The number of the newest event when a gap follows it; 0 when nothing came before the gap.
    private var gapAfter: UInt64?
    package private(set) var sequence: UInt64 = 0
    package private(set) var status = TopicStatus.waiting
    /// True when events may be missing before the ones of an operation that starts now: one has run since the newest
    /// gap, and was interrupted, whether it brought events or not.
    package private(set) var isBroken = false
    /// When its operation began to run, and the newest event then; of account while it is live.
    private var start = (time: Duration.zero, sequence: UInt64(0))
    /// Tells the shards how far it has come.
    package let head: TopicHead

    package init(
        id: TopicID,
        definition: TopicDefinition,
        statistics: TopicStatistics,
        head: TopicHead = TopicHead()
    ) {
        self.id = id
        self.definition = definition
        self.statistics = statistics
        self.head = head
    }

    /// How long an operation must stay without an answer to count as taken by the server: refusals come at once.
    package static let proofTime = Duration.seconds(1)

    /// True when an operation that starts now is not the first one.
    package var isRestart: Bool { hasRested || status == .interrupted || status == .failed }

    /// Numbers a batch; preceded by a gap when payloads were dropped before it.
    package mutating func record(_ batch: PayloadBatch, at now: Duration) -> [Segment] {
        var segments: [Segment] = []
        if batch.dropped > 0 {
            segments.append(gap("\(batch.dropped) events were dropped on the way in", at: now))
        }
        if !batch.isEmpty {
            segments.append(Segment(.events(first: sequence + 1, batch), at: now))
            sequence += UInt64(batch.count)
            head.advance(to: sequence)
            fault = nil
            statistics.recorded(events: batch.count, bytes: batch.bytes.count, at: now)
        }
        return segments
    }

    /// Records that events may be missing from here on.
    package mutating func gap(_ reason: String, at now: Duration) -> Segment {
        statistics.gaps.add(1, ordering: .relaxed)
        gapAfter = sequence
        isBroken = false
        return Segment(.gap(after: sequence, reason: reason), at: now)
    }

    /// Records that nobody listens, so that its operation is stopped: for who comes back, events may be missing.
    package mutating func rest(at now: Duration) -> [Segment?] {
        hasRested = true
        let mayLack = isBroken || status == .live
        let gap = mayLack && gapAfter != sequence ? gap("nobody listened for a while", at: now) : nil
        let segments = [gap, become(.waiting, at: now)]
        isBroken = false
        return segments
    }

    /// Its operation runs.
    package mutating func run(at now: Duration) -> Segment? {
        hasRested = false
        wasRefused = false
        start = (now, sequence)
        return become(.live, at: now)
    }

    /// The server answered its operation with errors; if it had not taken it before, nothing was there to be lost.
    package mutating func refuse(at now: Duration) -> Segment? {
        let ran = isBroken || status == .live && (sequence > start.sequence || now - start.time >= Self.proofTime)
        let segment = become(.failed, at: now)
        isBroken = ran
        return segment
    }

    /// Notes what the server sent that was no result; nil when it was something else.
    package mutating func failed(by fault: String?) {
        guard let reason = fault else { return self.fault = nil }
        self.fault = (reason, self.fault?.reason == reason ? (self.fault?.count ?? 0) + 1 : 1)
    }

    /// Whether the same fault has come before, with no event since: the log knows of it.
    package var repeatsFault: Bool { fault.map { $0.count > 1 } ?? false }

    /// Changes the state; nil when it is the same.
    package mutating func become(_ status: TopicStatus, at now: Duration) -> Segment? {
        guard status != self.status else { return nil }
        if status == .live { statistics.live.add(1, ordering: .relaxed) }
        if self.status == .live {
            statistics.live.subtract(1, ordering: .relaxed)
            isBroken = true
        }
        self.status = status
        statistics.status.withLock { $0 = status }
        return Segment(.status(status), at: now)
    }
}
