internal import Fanout
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
    let session = Mutex<PermanentSession?>(nil)
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
