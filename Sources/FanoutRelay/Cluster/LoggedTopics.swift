internal import EventLog
internal import Fanout
internal import GraphQLTransport

/// The topics of a group's log, as a relay delivers them to its shards.
///
/// A value without I/O: what the log says comes in, what the shards are told comes out.
struct LoggedTopics {
    typealias Delivery = LoggedTopic.Delivery

    private var topics: [TopicHash: LoggedTopic] = [:]
    private let clientStatistics: TopicStatistics
    private var policy: LagPolicy
    /// Whether the log was read to its end, so that the shards are told all that it says.
    private(set) var isReady = false
    /// Whether somebody leads, as far as is known; the shards are told otherwise while nobody does.
    private var isLed = true
    /// The number of the next topic of clients; far above those of the operator's.
    private var next: Int

    /// - Parameter number: That of the partition, whose topics are numbered apart.
    init(number: Int, clientStatistics: TopicStatistics, policy: LagPolicy) {
        self.clientStatistics = clientStatistics
        self.policy = policy
        next = 1 << 40 + number << 32
    }

    /// Begins to deliver a topic of the operator's, with all that the log says of it already.
    @discardableResult
    mutating func configure(_ hash: TopicHash, as id: TopicID, _ statistics: TopicStatistics) -> [Delivery] {
        var topic = LoggedTopic(id: id, isConfigured: true, statistics: statistics, policy: policy)
        if var known = topics[hash] { topic.adopt(&known) }
        let deliveries = isReady ? topic.tell(at: .zero) : []
        topics[hash] = topic
        return deliveries
    }

    /// Keeps as much from now on.
    mutating func adopt(_ policy: LagPolicy) {
        self.policy = policy
        for (hash, topic) in topics {
            topics[hash]?.set(policy: topic.isConfigured ? policy : policy.ofClientTopics)
        }
    }

    /// Delivers a topic of the operator's no more; what the log says of it is kept, as of any that nobody here has.
    ///
    /// The log goes on with it where another relay offers it, or this one offers it again.
    mutating func withdraw(_ hash: TopicHash) {
        guard var former = topics.removeValue(forKey: hash), former.isKnown else { return }
        var topic = makeClientTopic()
        topic.adopt(&former)
        topics[hash] = topic
    }

    // What shards ask for.

    /// The shards that ask for a topic, with the numbers of their requests.
    func requests(for hash: TopicHash) -> [Int: UInt64] { topics[hash]?.requests ?? [:] }

    /// Notes a shard's request for a topic of clients.
    mutating func request(_ hash: TopicHash, _ number: UInt64, by shard: Int) -> [Delivery] {
        var topic = topics[hash] ?? makeClientTopic()
        topic.request(number, by: shard)
        topics[hash] = topic
        return isReady ? topics[hash]?.answerRequests() ?? [] : []
    }

    /// Notes that a shard lets go of a topic.
    ///
    /// - Returns: Whether no shard asks for it any more.
    mutating func release(_ hash: TopicHash, by shard: Int) -> Bool {
        topics[hash]?.release(by: shard)
        removeUnused(hash)
        return topics[hash]?.requests.isEmpty ?? true
    }

    /// Refuses what shards ask for.
    mutating func refuse(_ hash: TopicHash, _ reason: String) -> [Delivery] {
        defer { removeUnused(hash) }
        return topics[hash]?.refuse(reason) ?? []
    }

    private mutating func makeClientTopic() -> LoggedTopic {
        defer { next += 1 }
        return LoggedTopic(
            id: TopicID(next),
            isConfigured: false,
            statistics: clientStatistics,
            policy: policy.ofClientTopics
        )
    }

    private mutating func removeUnused(_ hash: TopicHash) {
        guard let topic = topics[hash], !topic.isConfigured, !topic.isKnown, topic.requests.isEmpty else { return }
        topics[hash] = nil
    }

    // What the log says.

    /// Takes what the log says next.
    ///
    /// - Parameters:
    ///   - now: By the loops' clock.
    ///   - wall: The same by the wall's clock, in milliseconds since 1970.
    mutating func take(_ update: LogUpdate, at now: Duration, wall: UInt64) -> [Delivery] {
        let hash = update.topic
        // What is read of the past has happened then.
        let age = isReady || update.time == 0 ? 0 : wall - min(wall, update.time)
        let time = now - .milliseconds(Int64(clamping: age))
        switch update.content {
        case .began(let beginning):
            var topic = topics[hash] ?? makeClientTopic()
            let deliveries = topic.begin(beginning, at: now, isReady: isReady)
            topics[hash] = topic
            return deliveries
        case .events(let first, let payloads):
            return append(.events(first: first, PayloadBatch(payloads)), to: hash, at: time)
        case .gap(let after, let reason): return append(.gap(after: after, reason: reason), to: hash, at: time)
        case .status(let status): return append(.status(TopicStatus(status)), to: hash, at: time)
        case .failed(let errors):
            guard isReady || topics[hash]?.isConfigured == true else { return [] }
            return topics[hash]?.fail(errors, isReady: isReady) ?? []
        case .refused(let reason):
            topics[hash]?.forget()
            defer { removeUnused(hash) }
            // What ended before the log was read to its end isn't what shards ask for now.
            return isReady ? refuse(hash, reason) : []
        case .completed:
            guard let topic = topics[hash], !topic.isConfigured else { return [] }
            topics[hash]?.forget()
            defer { removeUnused(hash) }
            return isReady ? topics[hash]?.end(.completed(topic: topic.id)) ?? [] : []
        case .ended:
            topics[hash]?.forget()
            removeUnused(hash)
            return []
        case .opened: return []
        }
    }

    private mutating func append(_ content: Segment.Content, to hash: TopicHash, at time: Duration) -> [Delivery] {
        topics[hash]?.append(content, at: time, isReady: isReady) ?? []
    }

    /// The log was read to its end.
    mutating func ready(at now: Duration) -> [Delivery] {
        isReady = true
        var deliveries: [Delivery] = []
        for hash in topics.keys {
            topics[hash]?.forgetFormer()
            deliveries += topics[hash]?.tell(at: now) ?? []
            removeUnused(hash)
        }
        return deliveries
    }

    /// The log isn't the one that was read: it is read again.
    mutating func rewound() {
        isReady = false
        for hash in topics.keys { topics[hash]?.rewound() }
    }

    /// Notes whether somebody leads; the topics that run are shown as interrupted while nobody does.
    mutating func set(isLed: Bool, at now: Duration) -> [Delivery] {
        guard isLed != self.isLed, isReady else { return [] }
        self.isLed = isLed
        return topics.values.flatMap { topic in
            topic.status == .live ? topic.show(isLed ? .live : .interrupted, at: now) : []
        }
    }

    /// Keeps half as much of each topic for who comes later.
    mutating func shed() {
        for hash in topics.keys { topics[hash]?.shed() }
    }
}
