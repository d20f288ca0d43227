internal import Backoffs
internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Runs the topics' operations on the upstream loop, each with its restarts, over one session.
actor TopicRunner: LoopActor {
    let loop: EventLoop
    let session: PermanentSession
    let log: any TopicLog
    /// Whether the relay is one of a group, which says whose operations run here.
    let isLed: Bool
    /// The operator's topics that it says so of.
    var led: Set<TopicID> = []
    let statistics: Statistics
    let logger: Logger
    let epoch: String
    var demand: DemandPolicy
    var lag: LagPolicy
    var refetchTimeout: Duration
    /// True when the session sends queries over HTTP.
    let executesOverHTTP: Bool
    /// Whether clients' queries need the link, which a relay of a group may lack otherwise.
    private let queriesNeedLink: Bool
    /// Whether the server is asked to number events.
    let mayFollow: Bool
    /// Whether the server of the newest link numbers events; nil before there was one.
    var upstreamNumbers: Bool?
    /// How the operations of the operator's topics are restarted, and those of client topics.
    let retrySubscribe: Backoff
    let retryClientTopics: Backoff
    var topics: [TopicID: Topic] = [:]
    var nextTopic: Int
    /// What is kept of client topics.
    var clientTopics: [TopicID: ClientTopic] = [:]
    /// The client topics by their operation, if it is shared, and by the requests that they serve.
    var sharedTopics: [OperationKey: TopicID] = [:]
    var requests: [TopicRequestID: TopicID] = [:]
    /// The places for client topics, and the requests that wait for one.
    var places: NetworkShare
    var pending: [WaitingTopicRequest] = []
    private var runs: [TopicID: Task<Void, Never>] = [:]
    /// What happened to topics and isn't logged yet.
    var news = TopicNews()
    var newsTimer: LoopTimer?
    var outage = UpstreamOutage()
    /// Clients' operations that aren't proven yet, and those that wait for their turn.
    var quarantine = Quarantine()
    var quarantineTimer: LoopTimer?
    var waitingForTurn: [Quarantine.Sending: CheckedContinuation<Void, any Error>] = [:]
    var probing: Quarantine.Sending?

    init(
        on loop: EventLoop,
        session: PermanentSession,
        configuration: Configuration,
        topics offered: [OfferedTopic],
        log: any TopicLog,
        statistics: Statistics,
        epoch: String,
        isLed: Bool = false,
        logger: Logger
    ) {
        self.loop = loop
        self.session = session
        self.log = log
        self.isLed = isLed
        self.statistics = statistics
        self.epoch = epoch
        self.logger = logger
        demand = configuration.demand
        places = NetworkShare(limit: configuration.demand.maximumTopics)
        lag = configuration.lag
        refetchTimeout = configuration.refetchTimeout
        executesOverHTTP = configuration.session.httpEndpoint != nil
        queriesNeedLink = configuration.runsQueries && configuration.session.httpEndpoint == nil
        mayFollow = configuration.session.asksForTokens
        upstreamNumbers = mayFollow ? nil : false
        for topic in offered { topics[topic.id] = topic.source }
        nextTopic = offered.count
        let backoff = configuration.retrySubscribe
        retrySubscribe = backoff.givingUp { error in
            switch error {
            case SessionError.closed, SessionError.ended: true
            default: false
            }
        }
        // Errors of the server end a client topic: its clients get them, and decide whether to subscribe again.
        retryClientTopics = backoff.givingUp { error in
            switch error {
            case is QueryError, SessionError.tooLarge, SessionError.invalidResult: true
            case SessionError.closed, SessionError.ended, is QuarantinedOperation: true
            default: false
            }
        }
    }

    /// Connects, and starts every topic that doesn't wait for a subscriber; in a group topics wait until they are asked
    /// for, and so does the connection, unless queries need it.
    func start() async {
        if !isLed || queriesNeedLink { await session.start() }
        guard !isLed else { return }
        for topic in topics.values where clientTopics[topic.id] == nil && topic.definition.start == .always {
            run(topic.id)
        }
    }

    /// Ends the operations and closes the link.
    func stop() async {
        let tasks = Array(runs.values)
        for task in tasks { task.cancel() }
        await session.close()
        for task in tasks { await task.value }
        tellNews()
        newsTimer?.close()
        quarantineTimer?.close()
        log.close()
    }

    /// Starts a topic's operation, after the previous one has ended.
    func run(_ id: TopicID) {
        // The task prefers the loop, so that it needs no thread of the shared pool.
        runs[id] = Task(executorPreference: loop) { [previous = runs[id]] in
            await previous?.value
            await self.follow(id)
        }
    }

    /// Stops a topic's operation.
    func halt(_ id: TopicID) { runs[id]?.cancel() }

    /// Forgets a topic's operation, which has ended or is cancelled here.
    func forget(_ id: TopicID) { runs.removeValue(forKey: id)?.cancel() }

    /// Hands segments to the shards that know the topic.
    func publish(_ segments: [Segment?], topic id: TopicID) {
        let segments = segments.compactMap(\.self)
        for segment in segments { clientTopics[id]?.history.append(segment) }
        if let now = segments.last?.time { clientTopics[id]?.history.trim(at: now) }
        publish(segments.map { .segment(topic: id, $0) }, topic: id)
    }

    /// Halves the histories that are kept for shards which request a topic later.
    func shed() {
        for id in clientTopics.keys { clientTopics[id]?.history.halve() }
    }

    func publish(_ updates: [TopicUpdate], topic id: TopicID) {
        log.append(updates, for: clientTopics[id].map { .shards(Set($0.shards.keys)) } ?? .everyShard)
    }
}
