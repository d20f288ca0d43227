internal import Backoffs
internal import Fanout
internal import GraphQLSession
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Everything that runs on the upstream loop: the session, and for each topic one operation that is restarted.
actor TopicRunner {
    let loop: EventLoop
    let session: PermanentSession
    let log: any TopicLog
    let statistics: Statistics
    let logger: Logger
    let epoch: String
    /// How far the operator's topics have come.
    nonisolated let heads: [TopicHead]
    let demand: DemandPolicy
    let lag: LagPolicy
    let refetchTimeout: Duration
    /// True when queries don't go over the link.
    let executesOverHTTP: Bool
    /// How the operations of the operator's topics are restarted, and those of clients' own.
    let retrySubscribe: Backoff
    let retryClientTopics: Backoff
    var topics: [TopicID: Topic] = [:]
    var nextTopic: Int
    /// What is kept of those that clients asked for.
    var clientTopics: [TopicID: ClientTopic] = [:]
    /// The topics of clients, by what makes operations equal, and by the requests that they serve.
    var sharedTopics: [OperationKey: TopicID] = [:]
    var requests: [TopicRequestID: TopicID] = [:]
    /// The places for them, and the requests that wait for one.
    var places: NetworkShare
    var pending: [WaitingTopicRequest] = []
    private var runs: [TopicID: Task<Void, Never>] = [:]
    /// What the log isn't told yet, and when it will be.
    var news = TopicNews()
    var newsTimer: LoopTimer?
    /// Clients' operations that aren't proven yet, and those who wait to send one.
    var quarantine = Quarantine()
    var quarantineTimer: LoopTimer?
    var waitingForTurn: [Quarantine.Sending: CheckedContinuation<Void, any Error>] = [:]
    var probing: Quarantine.Sending?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(
        on loop: EventLoop,
        session: PermanentSession,
        configuration: Configuration,
        log: any TopicLog,
        statistics: Statistics,
        epoch: String,
        logger: Logger
    ) {
        self.loop = loop
        self.session = session
        self.log = log
        self.statistics = statistics
        self.epoch = epoch
        self.logger = logger
        demand = configuration.demand
        places = NetworkShare(limit: configuration.demand.maximumTopics)
        lag = configuration.lag
        refetchTimeout = configuration.refetchTimeout
        executesOverHTTP = configuration.session.httpEndpoint != nil
        heads = configuration.topics.map { _ in TopicHead() }
        for (place, definition) in configuration.topics.enumerated() {
            topics[TopicID(place)] = Topic(
                id: TopicID(place),
                definition: definition,
                statistics: statistics.topics[place],
                head: heads[place]
            )
        }
        nextTopic = configuration.topics.count
        let backoff = configuration.retrySubscribe
        retrySubscribe = backoff.givingUp { error in
            switch error {
            case SessionError.closed, SessionError.ended: true
            default: false
            }
        }
        // What the server answers a client's own operation is the client's: whether it asks again is its to say.
        retryClientTopics = backoff.givingUp { error in
            switch error {
            case is QueryError, SessionError.tooLarge, SessionError.invalidResult: true
            case SessionError.closed, SessionError.ended, is QuarantinedOperation: true
            default: false
            }
        }
    }

    /// Connects, and starts every topic that doesn't wait for a subscriber.
    func start() async {
        await session.start()
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

    /// Starts a topic's operation, after the end of the one before.
    func run(_ id: TopicID) {
        // What leaves the actor for a moment stays on its loop.
        runs[id] = Task(executorPreference: loop) { [previous = runs[id]] in
            await previous?.value
            await self.follow(id)
        }
    }

    /// Stops a topic's operation.
    func halt(_ id: TopicID) { runs[id]?.cancel() }

    /// Lets go of a topic's operation that has ended, or was stopped for good.
    func forget(_ id: TopicID) { runs.removeValue(forKey: id)?.cancel() }

    /// Hands what was recorded to the shards that know the topic.
    func publish(_ segments: [Segment?], topic id: TopicID) {
        let segments = segments.compactMap(\.self)
        for segment in segments { clientTopics[id]?.history.append(segment) }
        if let now = segments.last?.time { clientTopics[id]?.history.trim(at: now) }
        publish(segments.map { .segment(topic: id, $0) }, topic: id)
    }

    func publish(_ updates: [TopicUpdate], topic id: TopicID) {
        log.append(updates, for: clientTopics[id].map { .shards(Set($0.shards.keys)) } ?? .everyShard)
    }
}
