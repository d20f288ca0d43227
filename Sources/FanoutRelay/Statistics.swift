internal import GraphQLSession
internal import Synchronization
internal import WebSockets

/// Counters of the whole relay; every thread may write and read them.
package final class Statistics: Sendable {
    let isUpstreamLive = Atomic(false)
    /// True when clients should go elsewhere: a drain is about to begin, or has begun.
    let isLeaving = Atomic(false)
    /// True when nobody is let in, and nothing is run any more.
    let isDraining = Atomic(false)
    let connects = Atomic(0)
    let disconnects = Atomic(0)
    /// The session, which counts messages of the server that had no effect; nil before it is made.
    let session = Mutex<Session?>(nil)
    /// The open port; nil before it is bound.
    let listener = Mutex<Listener?>(nil)
    /// What serves clients, a loop each.
    let servers = Mutex<[WebSocketServer]>([])
    /// What clients have begun to send.
    let gathering = Mutex<GatheringLedger?>(nil)
    /// What runs clients' queries.
    let queryRunner = Mutex<QueryRunner?>(nil)
    /// Lines of the log that were dropped so far; nil where that can't be.
    let droppedLogLines = Mutex<(@Sendable () -> Int)?>(nil)
    /// Why the upstream link is away, for people; nil while it is there, or before the first attempt has failed.
    let upstreamFailure = Mutex<String?>(nil)
    /// When the TLS certificate runs out, in seconds since 1970; 0 without one.
    let certificateEnd = Atomic<Int64>(0)
    let topics: [TopicStatistics]
    /// The topics of clients, together.
    let allClientTopics = TopicStatistics(name: "*")
    /// How many there are now, were there ever, and could not be.
    let clientTopics = Atomic(0)
    let openedTopics = Atomic(0)
    let refusedTopics = Atomic(0)
    /// Clients' queries and mutations that run or have answers under way, and how many there was no place for.
    let executions = Atomic(0)
    let refusedExecutions = Atomic(0)
    /// Clients' operations that broke the link twice, and how often they were refused for it.
    let quarantined = Atomic(0)
    let quarantineRefusals = Atomic(0)
    /// Answers that were over their budget, and clients that read theirs too slowly.
    let droppedAnswers = Atomic(0)
    let slowReaders = Atomic(0)
    /// Queries whose clients left before the answer.
    let abandonedExecutions = Atomic(0)
    let shards: [ShardStatistics]

    convenience init(topics: [String], shards: Int) {
        self.init(of: topics.map { TopicStatistics(name: $0) }, shards: shards)
    }

    init(of topics: [TopicStatistics], shards: Int) {
        self.topics = topics
        self.shards = (0..<shards).map { _ in ShardStatistics() }
    }

    /// True when clients should come: the upstream answers and the relay isn't going away.
    var isReady: Bool { isUpstreamLive.load(ordering: .relaxed) && !isLeaving.load(ordering: .relaxed) }

    /// Lets go of what has ended, and keeps this in turn.
    func letGo() {
        session.withLock { $0 = nil }
        listener.withLock { $0 = nil }
        servers.withLock { $0 = [] }
        gathering.withLock { $0 = nil }
        queryRunner.withLock { $0 = nil }
    }
}

/// Counters of one topic, written on the upstream loop.
package final class TopicStatistics: Sendable {
    let name: String
    let events = Atomic(0)
    let bytes = Atomic(0)
    let gaps = Atomic(0)
    let errors = Atomic(0)
    let interruptions = Atomic(0)
    let refetchFailures = Atomic(0)
    /// How many of its operations run.
    let live = Atomic(0)
    /// The state of an operator's topic.
    let status = Mutex(TopicStatus.waiting)
    /// Whether it runs only while somebody listens.
    let startsOnDemand: Bool
    /// When the last event came, in milliseconds of the loops' clock; 0 before the first.
    let lastEvent = Atomic<Int64>(0)

    init(name: String, startsOnDemand: Bool = false) {
        self.name = name
        self.startsOnDemand = startsOnDemand
    }

    /// The state of an operator's topic that should be live and isn't; nil for all others.
    var lack: TopicStatus? {
        let status = status.withLock { $0 }
        return status == .live || (startsOnDemand && status == .waiting) ? nil : status
    }

    func recorded(events count: Int, bytes size: Int, at now: Duration) {
        events.add(count, ordering: .relaxed)
        bytes.add(size, ordering: .relaxed)
        lastEvent.store(
            now.components.seconds * 1000 + now.components.attoseconds / 1_000_000_000_000_000,
            ordering: .relaxed
        )
    }
}

/// Counters of one shard, written on its loop.
package final class ShardStatistics: Sendable {
    let clients = Atomic(0)
    /// Those of the clients that read server-sent events.
    let streams = Atomic(0)
    let subscriptions = Atomic(0)
    let opened = Atomic(0)
    let deliveries = Atomic(0)
    let bytes = Atomic(0)
    let sweeps = Atomic(0)
    let tooSlow = Atomic(0)
    let unresumed = Atomic(0)
    let untoldGaps = Atomic(0)
    private let closes = Mutex<[UInt16: Int]>([:])

    init() {}

    /// Counts the end of a client, by the close code that ended it; 1006 for none.
    func closed(_ code: UInt16?) {
        closes.withLock { $0[code ?? 1006, default: 0] += 1 }
    }

    var closesByCode: [UInt16: Int] { closes.withLock { $0 } }
}
