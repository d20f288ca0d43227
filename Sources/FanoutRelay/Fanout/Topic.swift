internal import GraphQLSession
internal import GraphQLTransport
internal import Synchronization
internal import WebSockets

/// A topic at its source: numbers its events and knows its state.
///
/// Lives on the upstream loop.
struct Topic {
    /// The operator's topics are numbered as in the relay's list; those of clients follow, and no number comes back.
    let index: Int
    let definition: TopicDefinition
    let statistics: TopicStatistics
    /// The shards whose clients asked for it; nil for an operator's topic, which all shards know.
    var clientTopic: ClientTopic?
    /// The shards with subscribers, for an operator's topic that starts on demand.
    var awakeOn: Set<Int> = []
    /// True when its operation was stopped because nobody listened.
    private(set) var hasRested = false
    /// What the server answered it with at last, a JSON array; of account while it is failed.
    var refusal: [UInt8] = []
    /// True from a refusal on until the operation runs again, through lost links too: it must be proven then.
    var wasRefused = false
    /// What the server sent that was no result, and how often in a row.
    private(set) var fault: (reason: String, count: Int)?
    /// The number of the newest event when a gap follows it; 0 when nothing came before the gap.
    private var gapAfter: UInt64?
    private(set) var sequence: UInt64 = 0
    private(set) var status = TopicStatus.waiting
    /// True when events may be missing before the ones of an operation that starts now: one has run since the newest
    /// gap, and was interrupted, whether it brought events or not.
    private(set) var isBroken = false
    /// When its operation began to run, and the newest event then; of account while it is live.
    private var start = (time: Duration.zero, sequence: UInt64(0))
    /// Tells the shards how far it has come.
    let head: TopicHead

    init(
        index: Int,
        definition: TopicDefinition,
        statistics: TopicStatistics,
        head: TopicHead = TopicHead(),
        clientTopic: ClientTopic? = nil
    ) {
        self.index = index
        self.definition = definition
        self.statistics = statistics
        self.head = head
        self.clientTopic = clientTopic
    }

    /// How long an operation must stay without an answer to count as taken by the server: refusals come at once.
    static let proofTime = Duration.seconds(1)

    /// True when an operation that starts now is not the first one.
    var isRestart: Bool { hasRested || status == .interrupted || status == .failed }

    /// Numbers a batch; preceded by a gap when payloads were dropped before it.
    mutating func record(_ batch: PayloadBatch, at now: Duration) -> [Segment] {
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
    mutating func gap(_ reason: String, at now: Duration) -> Segment {
        statistics.gaps.add(1, ordering: .relaxed)
        gapAfter = sequence
        isBroken = false
        return Segment(.gap(after: sequence, reason: reason), at: now)
    }

    /// Records that nobody listens, so that its operation is stopped: for who comes back, events may be missing.
    mutating func rest(at now: Duration) -> [Segment?] {
        hasRested = true
        let mayLack = isBroken || status == .live
        let gap = mayLack && gapAfter != sequence ? gap("nobody listened for a while", at: now) : nil
        let segments = [gap, become(.waiting, at: now)]
        isBroken = false
        return segments
    }

    /// Its operation runs.
    mutating func run(at now: Duration) -> Segment? {
        hasRested = false
        wasRefused = false
        start = (now, sequence)
        return become(.live, at: now)
    }

    /// The server answered its operation with errors; if it had not taken it before, nothing was there to be lost.
    mutating func refuse(at now: Duration) -> Segment? {
        let ran = isBroken || status == .live && (sequence > start.sequence || now - start.time >= Self.proofTime)
        let segment = become(.failed, at: now)
        isBroken = ran
        return segment
    }

    /// Notes what the server sent that was no result; nil when it was something else.
    mutating func failed(by fault: String?) {
        guard let reason = fault else { return self.fault = nil }
        self.fault = (reason, self.fault?.reason == reason ? (self.fault?.count ?? 0) + 1 : 1)
    }

    /// Whether the same fault has come before, with no event since: the log knows of it.
    var repeatsFault: Bool { fault.map { $0.count > 1 } ?? false }

    /// Changes the state; nil when it is the same.
    mutating func become(_ status: TopicStatus, at now: Duration) -> Segment? {
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

/// A topic that clients asked for.
struct ClientTopic {
    let key: OperationKey
    let request: GraphQLRequest
    let network: ClientNetwork
    let epoch: String
    /// The shards that want it, and their numbers for it.
    var shards: [Int: UInt64]
    /// What a shard is handed that wants it too.
    var history: Backlog
    /// Those of them where nobody listens, and since when that is so of all.
    var idleOn: Set<Int> = []
    var idleSince: Duration?
    /// True while the shards are asked whether they can do without it.
    var isReclaimed = false
    /// Its try on the link, until the server has said something to it.
    var sending: Quarantine.Sending?
    /// True once the server has: the link isn't lost by it.
    var isProven = false
}
