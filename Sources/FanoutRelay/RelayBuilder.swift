internal import AccessTokens
internal import AllowedDocuments
internal import Backoffs
internal import Fanout
internal import GraphQLSession
internal import Logging
internal import Synchronization
internal import WebSockets

/// Makes the parts of a relay one after the other; each needs earlier ones.
struct RelayBuilder: Sendable {
    var configuration: Configuration
    let statistics: Statistics
    /// The operator's topics.
    var topics: OfferedTopics
    /// Counts the connections of subjects, once these are limited.
    private var subjects: SubjectLedger?
    private let documentRefusals = DocumentRefusals()
    /// What is allowed of the clients of each listener.
    var admissions: [Admission] {
        configuration.listeners.map { $0.admission(configuration.admission, configuration.tls) }
    }
    /// The loops made so far, which the caller stops if a later part fails.
    var loops: [EventLoop] = []
    let identities: [TLSFiles: ServerIdentity]
    /// What the services serve, each on every shard: plaintext, or TLS with these files.
    private let services: [TLSFiles?]
    private let logger: Logger
    let broadcaster: Broadcaster
    private let ledger = ConnectionLedger()
    /// Closes clients for operators, once there are shards.
    let closer: ClientCloser
    /// Tells the event numbers of this run of the relay from those of other runs.
    let epoch: String
    /// The group that the relay is one of; nil where it is by itself.
    private(set) var group: (any RelayGroup)?

    init(
        _ configuration: Configuration,
        _ identities: [TLSFiles: ServerIdentity],
        logger: Logger
    ) throws(TopicError) {
        epoch = String(UInt64.random(in: .min ... .max), radix: 36)
        topics = try OfferedTopics(
            configuration.topics,
            epoch: epoch,
            numbering: OfferedTopics.Numbering(
                mayFollow: configuration.session.asksForTokens,
                isShared: configuration.cluster != nil
            )
        )
        self.configuration = configuration
        self.identities = identities
        services = configuration.services(of: configuration.listeners)
        self.logger = logger
        statistics = Statistics(
            of: topics.all.map(\.statistics),
            shards: configuration.allShards,
            memory: MemoryBudget(limit: configuration.memoryLimit),
            version: configuration.version,
            epoch: epoch,
            cluster: configuration.cluster.map(ClusterStatistics.init)
        )
        statistics.authorizer.withLock { $0 = configuration.authorizer }
        statistics.droppedLogLines.withLock { $0 = configuration.droppedLogLines }
        broadcaster = Broadcaster(shards: configuration.allShards, limit: configuration.lag.historyBytes)
        closer = ClientCloser(statistics, logger: logger)
        limitSubjects()
    }

    /// Counts the connections of subjects where they are limited; those that were there before a first limit don't
    /// count.
    mutating func limitSubjects() {
        let limit = configuration.admission.maximumPerSubject
        if let subjects { return subjects.set(limit: limit) }
        if limit < .max { subjects = SubjectLedger(limit: limit) }
    }

    /// Raises the limit of open files to what all connections need.
    ///
    /// Each loop needs some descriptors, and libwebsockets crashes when it gets none. Queries over HTTP need
    /// connections, and a second descriptor watches each client that awaits an answer.
    func reserveDescriptors() throws(DescriptorLimitError) {
        let wanted = configuration.admission.maximumConnections
        var others = EventLoop.descriptors * (configuration.allShards + 2) + configuration.listeners.count
        if !configuration.operatorListeners.isEmpty {
            // As many again to watch those over whom is being decided.
            others += configuration.operatorListeners.count + 2 * Self.operatorConnections
        }
        if configuration.runsQueries {
            others += configuration.maximumExecutions + configuration.maximumWaitingExecutions
            if configuration.session.httpEndpoint != nil { others += configuration.maximumExecutions }
        }
        // A second descriptor watches each request over which is being decided.
        if configuration.keySet != nil || configuration.hook != nil {
            others += min(Authorizer.maximumPending, wanted) + 1 + (configuration.hook?.line.concurrency ?? 0)
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

    /// Makes the upstream loop, its session, and the runner of the topics' operations.
    mutating func makeUpstream() throws(WebSocketError) -> TopicRunner {
        let loop = try EventLoop(name: "upstream", closeTimeout: configuration.session.closeTimeout)
        loops.append(loop)
        var options = configuration.session
        if options.httpEndpoint == nil {
            // After a lost link only `TopicRunner` may send an operation again, because that operation may have broken
            // the link.
            options.retryExecute = options.retryExecute.givingUp { error in
                if case SessionError.linkLost = error { true } else { false }
            }
        }
        let session = PermanentSession(to: configuration.upstream, options, on: loop) { [statistics] in
            statistics.roundTrip.record($0)
        }
        statistics.session.withLock { $0 = session }
        group = try makeGroup()
        return TopicRunner(
            on: loop,
            session: session,
            configuration: configuration,
            topics: topics.all,
            log: group?.log ?? broadcaster,
            statistics: statistics,
            epoch: epoch,
            isLed: group != nil,
            logger: logger
        )
    }

    /// Makes this relay's part in its group, on a loop of its own; nil where it is by itself.
    private mutating func makeGroup() throws(WebSocketError) -> (any RelayGroup)? {
        #if Cluster
        guard let cluster = configuration.cluster, let counters = statistics.cluster else { return nil }
        let loop = try EventLoop(name: "cluster", servesSockets: false)
        loops.append(loop)
        return ClusterNode(
            on: loop,
            cluster,
            topics: topics,
            lag: configuration.lag,
            largestPayload: configuration.session.maximumMessageSize,
            broadcaster: broadcaster,
            statistics: counters,
            counters: statistics,
            logger: logger
        )
        #else
        return nil
        #endif
    }

    /// Makes the runner of clients' queries; nil when they may run none.
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

    /// Makes who fetches the keys of an issuer; nil where there is no URL.
    func makeKeySetFetcher(on loop: EventLoop, followsAnother: Bool = false) -> KeySetFetcher? {
        guard var location = configuration.keySet else { return nil }
        location.authorityFile = location.authorityFile ?? configuration.session.authorityFile
        let fetcher = KeySetFetcher(
            location,
            on: loop,
            proxies: configuration.session.proxies,
            logger: logger,
            followsAnother: followsAnother,
            publish: { [authorizer = configuration.authorizer] in authorizer.publish($0) }
        )
        configuration.authorizer.use(fetcher)
        return fetcher
    }

    /// Makes who asks the operator's hook; nil where there is none.
    func makeHook(on loop: EventLoop) -> AuthHook? {
        guard var location = configuration.hook else { return nil }
        location.authorityFile = location.authorityFile ?? configuration.session.authorityFile
        let hook = AuthHook(location, on: loop, proxies: configuration.session.proxies, logger: logger)
        configuration.authorizer.ask(hook)
        return hook
    }

    /// Makes what answers the requests of clients.
    func makeRoutes(_ queryRunner: QueryRunner?) -> Routes {
        let documents = DocumentDoor(
            DocumentTable(configuration.documents),
            authorizer: configuration.authorizer,
            refusals: documentRefusals
        )
        if !configuration.documents.isEmpty { statistics.documentRefusals.withLock { $0 = documents.refusals } }
        var routes = Routes(
            statistics: statistics,
            topics: topics.all.map(\.definition),
            ids: topics.all.map(\.id),
            queries: configuration.namedQueries,
            documents: documents
        )
        routes.clientele = configuration.operatorListeners.isEmpty ? .everybody : .clients
        routes.admissions = admissions
        routes.doors = configuration.listeners.map { configuration.asksForCertificates(at: $0) ? .certified : .clients }
        routes.authorizer = configuration.authorizer
        routes.subjects = subjects
        routes.allowsExecution = configuration.allowsExecution
        routes.queryRunner = queryRunner
        return routes
    }

    /// Makes the shards, each on a loop of its own, and the servers of each service, which pass clients to them.
    mutating func makeShards(
        _ upstream: TopicRunner,
        _ routes: Routes
    ) async throws -> ([Shard], [[WebSocketServer]]) {
        let gathering = GatheringLedger(limit: configuration.admission.maximumGatheredBytes)
        statistics.gathering.withLock { $0 = gathering }
        var shards: [Shard] = []
        var servers = services.map { _ in [WebSocketServer]() }
        for index in 0..<configuration.shards {
            let loop = try EventLoop(name: "shard-\(index)")
            loops.append(loop)
            let shard = makeShard(index, on: loop, upstream, routes)
            for (service, files) in services.enumerated() {
                let identity = files.flatMap { identities[$0] }
                let server = try await shard.serve(ledger: ledger, identity: identity, gathering: gathering)
                servers[service].append(server)
            }
            shards.append(shard)
        }
        statistics.servers.withLock { [servers] in $0 = Array(servers.joined()) }
        return (shards, servers)
    }

    /// Makes a shard, which doesn't serve yet.
    func makeShard(
        _ index: Int,
        on loop: EventLoop,
        _ upstream: TopicRunner,
        _ routes: Routes
    ) -> Shard {
        Shard(
            on: loop,
            topics: topics.all.map { $0.shardTopic(configuration.lag) },
            offers: topics.all.map(\.outline),
            demand: configuration.demand,
            lagOfClientTopics: configuration.lag.ofClientTopics,
            ask: { [group] in group?.take($0, from: index) ?? upstream.take($0, from: index) },
            admission: configuration.admission,
            routes: routes,
            statistics: statistics.shards[index],
            logger: logger,
            flushInterval: configuration.flushInterval
        )
    }

    /// Makes the listener of all addresses of clients, on a loop of its own.
    mutating func makeListener(before servers: [[WebSocketServer]]) throws(WebSocketError) -> Listener {
        let loop = try EventLoop(name: "listener", servesSockets: false)
        loops.append(loop)
        var options = Listener.Options(bindings: bindings(of: configuration.listeners))
        options.trustedProxies = configuration.trustedProxies
        options.forwardedFields = configuration.forwardedFields
        options.limits = configuration.admission.listenerLimits
        options.sendBuffer = configuration.sendBuffer
        options.isFull = { [memory = statistics.memory] in memory.pressure != .none }
        let listener = try Listener(on: loop, options: options, services: servers, ledger: ledger)
        statistics.listeners.withLock { $0.append(listener) }
        return listener
    }

    /// The bindings of some listeners, whose services are those that they need.
    func bindings(of listeners: [ListenerConfiguration]) -> [Listener.Binding] {
        let services = configuration.services(of: listeners)
        return listeners.map { listener in
            let files = listener.files(configuration.tls)
            var binding = Listener.Binding(
                listener.listenerAddress,
                service: services.firstIndex(of: files) ?? 0
            )
            binding.readsProxyHeader = listener.readsProxyHeader
            return binding
        }
    }

    /// Starts to watch the process's memory.
    func watchMemory(_ upstream: TopicRunner, _ shards: [Shard]) -> Task<Void, Never> {
        Task(executorPreference: upstream.loop) { [statistics, group, logger] in
            await MemoryWatch(statistics.memory, of: shards, upstream, group, logger: logger).run()
        }
    }

    /// Starts to tell of clients that are refused or closed.
    func watchClients(on loop: EventLoop) -> Task<Void, Never> {
        Task(executorPreference: loop) { [statistics, logger] in
            let clock = LoopClock(loop)
            var news = ClientNews()
            var isOver = false
            while !isOver {
                isOver = (try? await clock.sleep(for: ClientNews.interval)) == nil
                guard let metadata = news.take(statistics.refusals) else { continue }
                logger.notice("clients were refused or closed", metadata: metadata)
            }
        }
    }

    /// Starts the tasks that run as long as the relay: one reads the batches of each shard, one observes the session
    /// and reports why it ended.
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
