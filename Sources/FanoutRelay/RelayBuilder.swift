internal import Backoffs
internal import Fanout
internal import GraphQLSession
internal import Logging
internal import Synchronization
internal import WebSockets

/// Makes the parts of a relay one after the other; each needs the ones before.
struct RelayBuilder {
    let configuration: Configuration
    let statistics: Statistics
    /// The configured admission, which knows the relay's own address.
    let admission: Admission
    /// The loops made so far; whoever gives up the relay stops them.
    private(set) var loops: [EventLoop] = []
    private let identity: ServerIdentity?
    private let logger: Logger
    private let broadcaster: Broadcaster
    private let ledger = ConnectionLedger()
    /// Where this run of the relay's numbers of events are good.
    private let epoch = String(UInt64.random(in: .min ... .max), radix: 36)

    init(_ configuration: Configuration, _ identity: ServerIdentity?, logger: Logger) {
        self.configuration = configuration
        self.identity = identity
        self.logger = logger
        let topics = configuration.topics.map { TopicStatistics(name: $0.name, startsOnDemand: $0.start == .demand) }
        statistics = Statistics(of: topics, shards: configuration.shards)
        statistics.droppedLogLines.withLock { $0 = configuration.droppedLogLines }
        broadcaster = Broadcaster(shards: configuration.shards, limit: configuration.lag.historyBytes)
        var admission = configuration.admission
        admission.ownAddress = OwnAddress(
            listenHost: configuration.host,
            isSecure: identity != nil,
            names: admission.allowedHosts
        )
        self.admission = admission
    }

    /// Lets the process have as many open files as all connections need.
    ///
    /// Each loop has a handful of its own, and libwebsockets crashes when there is none left for it. Queries over HTTP
    /// have connections of their own, and of an awaited answer the client is watched by a second descriptor.
    func reserveDescriptors() throws(DescriptorLimitError) {
        let wanted = admission.maximumConnections
        var others = EventLoop.descriptors * (configuration.shards + 2)
        if configuration.runsQueries {
            others += configuration.maximumExecutions + configuration.maximumWaitingExecutions
            if configuration.session.httpEndpoint != nil { others += configuration.maximumExecutions }
        }
        let allowed = DescriptorLimit.set(connections: min(wanted, .max - others) + others)
        guard allowed - others >= wanted else {
            throw DescriptorLimitError(
                connections: wanted,
                needed: wanted + others + DescriptorLimit.slack,
                allowed: allowed + DescriptorLimit.slack
            )
        }
    }

    /// The upstream loop, the session on it, and what runs the topics' operations.
    mutating func makeUpstream() throws(WebSocketError) -> TopicRunner {
        let loop = try EventLoop(name: "upstream", closeTimeout: configuration.session.closeTimeout)
        loops.append(loop)
        var options = configuration.session
        if options.httpEndpoint == nil {
            // What was on a link that is lost is sent again by the upstream's leave only: it may be what broke it.
            options.retryExecute = options.retryExecute.givingUp { error in
                if case SessionError.linkLost = error { true } else { false }
            }
        }
        let session = PermanentSession(to: configuration.upstream, options, on: loop)
        statistics.session.withLock { $0 = session }
        return TopicRunner(
            on: loop,
            session: session,
            configuration: configuration,
            log: broadcaster,
            statistics: statistics,
            epoch: epoch,
            logger: logger
        )
    }

    /// What runs clients' queries; nil where they may run none.
    func makeQueryRunner(for upstream: TopicRunner) -> QueryRunner? {
        guard configuration.runsQueries else { return nil }
        let queryRunner = QueryRunner(
            on: upstream.session,
            loop: upstream.loop,
            statistics: statistics,
            limits: configuration.queryLimits,
            budget: AnswerBudget(configuration.answers),
            needsLink: configuration.session.httpEndpoint == nil,
            guardian: upstream
        )
        statistics.queryRunner.withLock { $0 = queryRunner }
        return queryRunner
    }

    /// The shards, each on a loop of its own, and the servers that bring them clients.
    mutating func makeShards(
        _ upstream: TopicRunner,
        _ queryRunner: QueryRunner?
    ) async throws -> ([Shard], [WebSocketServer]) {
        var routes = Routes(statistics: statistics, topics: configuration.topics, queries: configuration.namedQueries)
        routes.admission = admission
        routes.allowsExecution = configuration.allowsExecution
        routes.queryRunner = queryRunner
        let keys = try configuration.topics.map { try $0.key() }
        let offers = try configuration.topics.map { try $0.outline() }
        let gathering = GatheringLedger(limit: admission.maximumGatheredBytes)
        statistics.gathering.withLock { $0 = gathering }
        var shards: [Shard] = []
        var servers: [WebSocketServer] = []
        for index in 0..<configuration.shards {
            let loop = try EventLoop(name: "shard-\(index)")
            loops.append(loop)
            let topics = configuration.topics.indices.map { place in
                ShardTopic(
                    definition: configuration.topics[place],
                    key: keys[place],
                    epoch: epoch,
                    policy: configuration.lag,
                    source: upstream.heads[place]
                )
            }
            let shard = Shard(
                on: loop,
                topics: topics,
                offers: offers,
                demand: configuration.demand,
                lagOfClientTopics: configuration.lag.ofClientTopics,
                ask: { upstream.take($0, from: index) },
                admission: admission,
                routes: routes,
                statistics: statistics.shards[index],
                logger: logger,
                flushInterval: configuration.flushInterval
            )
            servers.append(try await shard.serve(ledger: ledger, identity: identity, gathering: gathering))
            shards.append(shard)
        }
        statistics.servers.withLock { [servers] in $0 = servers }
        return (shards, servers)
    }

    /// The open port, on a loop of its own.
    mutating func makeListener(before servers: [WebSocketServer]) throws(WebSocketError) -> Listener {
        let loop = try EventLoop(name: "listener", servesSockets: false)
        loops.append(loop)
        var options = Listener.Options(host: configuration.host, port: configuration.port)
        options.maximumConnections = admission.maximumConnections
        options.maximumPerAddress = admission.maximumPerAddress
        options.acceptRate = admission.acceptRate
        options.acceptRatePerAddress = admission.acceptRatePerAddress
        options.sendBuffer = configuration.sendBuffer
        let listener = try Listener(on: loop, options: options, servers: servers, ledger: ledger)
        statistics.listener.withLock { $0 = listener }
        return listener
    }

    /// What runs as long as the relay does: each shard's reading of its batches, and the watch over the session, which
    /// tells why it ended.
    func startTasks(
        _ upstream: TopicRunner,
        _ shards: [Shard],
        _ end: AsyncStream<LinkFailure>.Continuation
    ) -> [Task<Void, Never>] {
        let readers = shards.enumerated().map { [broadcaster] index, shard in
            Task(executorPreference: shard.loop) { await shard.run(broadcaster.batches(for: index)) }
        }
        let watch = Task(executorPreference: upstream.loop) {
            if let failure = await upstream.observe(upstream.session.events) { end.yield(failure) }
            end.finish()
        }
        return readers + [watch]
    }
}
