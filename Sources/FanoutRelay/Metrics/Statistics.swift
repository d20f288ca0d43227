internal import Fanout
internal import GraphQLSession
internal import Synchronization
internal import WebSockets

/// Counters of the whole relay; any thread may read and write them.
package final class Statistics: Sendable {
    let isUpstreamLive = Atomic(false)
    /// True when `/readyz` sends clients elsewhere: a drain is about to begin, or has begun.
    let isLeaving = Atomic(false)
    /// True when no client is accepted and no query is run any more.
    let isDraining = Atomic(false)
    /// The number of the client that came last; numbers are used again after four thousand million.
    let clientNumbers = Atomic<UInt32>(0)
    let connects = Atomic(0)
    /// How many operations went on after an interruption without a gap, because a relay upstream held what was missed.
    let resumptions = Atomic(0)
    let disconnects = Atomic(0)
    /// The session, which counts messages of the server that it ignored; nil before it is made.
    let session = Mutex<PermanentSession?>(nil)
    /// The listeners: that of clients, and that of operators; none before the ports are bound.
    let listeners = Mutex<[Listener]>([])
    /// The URLs of the TCP ports that clients connect to by themselves; none before the ports are bound.
    let clientAddresses = Mutex<[String]>([])
    /// What the relay does in its group; nil where it is by itself.
    let cluster: ClusterStatistics?
    /// Who judges clients' credentials; nil before the relay is built.
    let authorizer = Mutex<Authorizer?>(nil)
    /// How often allowed documents were refused; nil where there are none.
    let documentRefusals = Mutex<DocumentRefusals?>(nil)
    /// The server of each shard.
    let servers = Mutex<[WebSocketServer]>([])
    /// Counts the bytes of clients' unfinished messages and bodies; nil before it is made.
    let gathering = Mutex<GatheringLedger?>(nil)
    /// How much memory the process may have, and has.
    let memory: MemoryBudget
    /// Runs clients' queries; nil when they may run none.
    let queryRunner = Mutex<QueryRunner?>(nil)
    /// How many lines of the log were dropped so far; nil where none can be.
    let droppedLogLines = Mutex<(@Sendable () -> Int)?>(nil)
    /// Why the upstream link is down, as text; nil while it is up, or before the first attempt has failed.
    let upstreamFailure = Mutex<String?>(nil)
    /// When the link was there within the last hour.
    let upstreamHistory = Mutex(UpstreamHistory())
    /// Tells this run of the relay from others.
    let epoch: String
    /// When the TLS certificate expires, in seconds since 1970; 0 without one.
    let certificateEnd = Atomic<Int64>(0)
    private let offered: Mutex<[TopicStatistics]>
    /// The operator's topics, in the order in which they are offered.
    var topics: [TopicStatistics] { offered.withLock { $0 } }
    /// All client topics together.
    let allClientTopics = TopicStatistics(name: "*")
    /// How many client topics there are, how many were started, and how many requests were over the limit.
    let clientTopics = Atomic(0)
    let openedTopics = Atomic(0)
    let refusedTopics = Atomic(0)
    /// How many queries and mutations of clients run or have answers to send, and how many were refused for lack of a
    /// place.
    let executions = Atomic(0)
    let refusedExecutions = Atomic(0)
    /// How many operations of clients broke the link twice, and how often such an operation was refused.
    let quarantined = Atomic(0)
    let quarantineRefusals = Atomic(0)
    /// How many answers exceeded their budget, and how many clients read their answers too slowly.
    let droppedAnswers = Atomic(0)
    let slowReaders = Atomic(0)
    /// How many queries lost their client before the answer.
    let abandonedExecutions = Atomic(0)
    /// How many clients operators have closed.
    let closedByOperators = Atomic(0)
    let shards: [ShardStatistics]
    /// How long clients' queries and mutations take, from when they have a place.
    let executionTime = Histogram(.execution)
    /// How long the server takes to answer when the link itself asks.
    let roundTrip = Histogram(.latency)
    /// The number of the attempt to connect that is made or awaited; 0 while the link is acknowledged.
    let attempt = Atomic(0)
    /// When the next attempt is due, in milliseconds of the loops' clock; 0 while none is awaited.
    let nextAttempt = Atomic<Int64>(0)
    /// The event loops; none before they are made.
    let loops = Mutex<[EventLoop]>([])
    /// The version of the program; nil when it has none.
    let version: String?

    convenience init(topics: [String], shards: Int) {
        self.init(of: topics.map { TopicStatistics(name: $0) }, shards: shards)
    }

    init(
        of topics: [TopicStatistics],
        shards: Int,
        memory: MemoryBudget = MemoryBudget(limit: .max),
        version: String? = nil,
        epoch: String = "",
        cluster: ClusterStatistics? = nil
    ) {
        self.cluster = cluster
        self.epoch = epoch
        self.memory = memory
        self.version = version
        offered = Mutex(topics)
        self.shards = (0..<shards).map { _ in ShardStatistics() }
    }

    /// True when clients can be served: events come, tokens can be judged, and the relay isn't shutting down.
    var isReady: Bool { hasSource && !isLeaving.load(ordering: .relaxed) && !awaitsKeys }

    /// Whether events come: the upstream is connected, or the log of the relay's group is read.
    var hasSource: Bool { cluster?.isReady.load(ordering: .relaxed) ?? isUpstreamLive.load(ordering: .relaxed) }

    /// True while the keys of an issuer's URL aren't known.
    var awaitsKeys: Bool { authorizer.withLock { $0 }?.awaitsKeys ?? false }

    /// Tells of these topics from now on.
    func offer(_ topics: [TopicStatistics]) { offered.withLock { $0 = topics } }

    /// A time of the loops' clock in whole milliseconds.
    static func milliseconds(_ time: Duration) -> Int64 { TopicStatistics.milliseconds(time) }

    /// Releases the parts of a relay that has ended, some of which refer to these counters.
    func letGo() {
        session.withLock { $0 = nil }
        listeners.withLock { $0 = [] }
        servers.withLock { $0 = [] }
        gathering.withLock { $0 = nil }
        queryRunner.withLock { $0 = nil }
        loops.withLock { $0 = [] }
    }
}
