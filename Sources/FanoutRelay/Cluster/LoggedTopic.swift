internal import EventLog
internal import Fanout
internal import GraphQLTransport
internal import Synchronization

/// What a relay of a group keeps of one topic in the log: what it delivers, and what who comes later gets of it.
struct LoggedTopic {
    /// Updates for some shards.
    typealias Delivery = (updates: [TopicUpdate], readers: TopicReaders)

    /// What the log says of the topic.
    private struct Known {
        var history: Backlog
        var head: TopicHead
        var status = TopicStatus.waiting
        var errors: [UInt8]?
    }

    let id: TopicID
    /// Whether it is the operator's, so that every shard knows it.
    let isConfigured: Bool
    private let statistics: TopicStatistics
    private var policy: LagPolicy
    /// The shards that have asked for it, with the numbers of their requests.
    private(set) var requests: [Int: UInt64] = [:]
    /// The shards of these that were told how its events are numbered.
    private var told: Set<Int> = []
    /// For the operator's topic whether the shards were told so.
    private var isTold = false
    /// True when the numbers began while the log was read to its end, so that the shards are told then.
    private var mustTell = false
    /// True from when the log was found to be another one until it says something of the topic.
    private var isFormer = false
    private var known: Known?

    init(id: TopicID, isConfigured: Bool, statistics: TopicStatistics, policy: LagPolicy) {
        self.id = id
        self.isConfigured = isConfigured
        self.statistics = statistics
        self.policy = policy
    }

    /// Takes over what is known of the topic, which the operator begins or ceases to offer.
    mutating func adopt(_ other: inout LoggedTopic) {
        known = other.known
        known?.history.policy = policy
        mustTell = known != nil
        statistics.changed(from: .waiting, to: status)
        other.forget()
    }

    mutating func set(policy: LagPolicy) {
        self.policy = policy
        known?.history.policy = policy
    }

    /// Whether the log has it.
    var isKnown: Bool { known != nil }
    /// How its operation is, as the log says.
    var status: TopicStatus { known?.status ?? .waiting }

    // What shards ask for.

    /// Notes a shard's request.
    mutating func request(_ number: UInt64, by shard: Int) { requests[shard] = number }

    mutating func release(by shard: Int) {
        requests[shard] = nil
        told.remove(shard)
    }

    /// Answers requests for a topic that the log has.
    mutating func answerRequests() -> [Delivery] {
        guard let opened = opened(isSuccessor: false) else { return [] }
        var deliveries: [Delivery] = []
        for (shard, number) in requests where told.insert(shard).inserted {
            deliveries.append(([.opened(request: number, topic: id, opened)], .shards([shard])))
        }
        return deliveries
    }

    /// Ends what shards ask for, because the operation was completed or has failed.
    mutating func end(_ update: TopicUpdate) -> [Delivery] {
        defer { (requests, told) = ([:], []) }
        return told.isEmpty ? [] : [([update], .shards(told))]
    }

    /// Refuses what shards ask for.
    mutating func refuse(_ reason: String) -> [Delivery] {
        defer { (requests, told) = ([:], []) }
        return requests.map { shard, number in
            let update: TopicUpdate =
                told.contains(shard)
                ? .failed(topic: id, errors: MessageWriter.errors(message: reason))
                : .refused(request: number, reason: reason)
            return ([update], .shards([shard]))
        }
    }

    // What the log says.

    /// The events' numbers begin here.
    mutating func begin(_ beginning: TopicBeginning, at now: Duration, isReady: Bool) -> [Delivery] {
        statistics.changed(from: status, to: .waiting)
        var history = Backlog(topic: "", epoch: beginning.epoch, policy: policy, after: beginning.sequence)
        history.restore([], forgottenGap: beginning.forgottenGap)
        known = Known(history: history, head: TopicHead(at: beginning.sequence))
        (mustTell, isFormer) = (true, false)
        return isReady ? tell(at: now) : []
    }

    /// Tells the shards how the events are numbered, unless they know.
    ///
    /// Those that knew other numbers are told a gap.
    mutating func tell(at now: Duration) -> [Delivery] {
        guard mustTell, let known else { return answerRequests() }
        mustTell = false
        let isSuccessor = isConfigured ? isTold : !told.isEmpty
        isTold = true
        guard isConfigured || isSuccessor, let opened = opened(isSuccessor: isSuccessor) else {
            return answerRequests()
        }
        var updates: [TopicUpdate] = [.began(topic: id, opened)]
        if isSuccessor {
            statistics.gaps.add(1, ordering: .relaxed)
            let gap = Segment.Content.gap(after: known.history.sequence, reason: "the events are numbered anew")
            updates.append(.segment(topic: id, segment(gap, at: now)))
        }
        if let errors = known.errors { updates.append(.failed(topic: id, errors: errors)) }
        return [(updates, readers)] + answerRequests()
    }

    /// The history goes on.
    mutating func append(_ content: Segment.Content, at time: Duration, isReady: Bool) -> [Delivery] {
        guard known != nil else { return [] }
        switch content {
        case .events(let first, let batch):
            known?.head.advance(to: first + UInt64(batch.count) - 1)
            statistics.recorded(events: batch.count, bytes: batch.bytes.count, at: time)
        case .gap: statistics.gaps.add(1, ordering: .relaxed)
        case .status(let status):
            statistics.changed(from: self.status, to: status)
            known?.status = status
            if status != .failed { known?.errors = nil }
        case .refused: break
        }
        let segment = segment(content, at: time)
        known?.history.append(segment)
        known?.history.trim(at: time)
        return isReady ? deliver([.segment(topic: id, segment)]) : []
    }

    /// The server refused the operation, with a JSON array of errors.
    mutating func fail(_ errors: [UInt8], isReady: Bool) -> [Delivery] {
        guard isConfigured else { return end(.failed(topic: id, errors: errors)) }
        known?.errors = errors
        return isReady ? deliver([.failed(topic: id, errors: errors)]) : []
    }

    /// Forgets what the log said: the operation was ended.
    mutating func forget() {
        statistics.changed(from: status, to: .waiting)
        known = nil
        (mustTell, isFormer) = (false, false)
    }

    /// Notes that the log isn't the one that was read.
    mutating func rewound() { isFormer = isKnown }

    /// Forgets what only a former log said, unless clients here have it: these are told when it begins anew.
    mutating func forgetFormer() {
        guard isFormer else { return }
        isFormer = false
        if !isConfigured, requests.isEmpty { forget() }
    }

    /// Tells the shards a state that the log doesn't have, because nobody leads.
    func show(_ status: TopicStatus, at now: Duration) -> [Delivery] {
        known == nil ? [] : deliver([.segment(topic: id, Segment(.status(status), at: now))])
    }

    /// Keeps half as much for who comes later.
    mutating func shed() { known?.history.halve() }

    private var readers: TopicReaders { isConfigured ? .everyShard : .shards(told) }

    private func deliver(_ updates: [TopicUpdate]) -> [Delivery] {
        isConfigured || !told.isEmpty ? [(updates, readers)] : []
    }

    private func segment(_ content: Segment.Content, at time: Duration) -> Segment {
        Segment(content, at: time, countedBy: statistics)
    }

    private func opened(isSuccessor: Bool) -> OpenedTopic? {
        guard let known else { return nil }
        return OpenedTopic(
            epoch: known.history.epoch,
            status: known.status,
            history: known.history.segments,
            start: known.history.sequence(before: known.history.tail),
            forgottenGap: known.history.forgottenGap,
            head: known.head,
            hasPeers: true,
            isSuccessor: isSuccessor
        )
    }
}
