internal import Backoffs
internal import Fanout
public import GraphQLSession
public import Logging
internal import Synchronization
internal import WebSockets

/// The relay: one session upstream, many clients downstream.
///
/// ```swift
/// let relay = try await Relay(configuration, logger: logger)
/// print("listening on", relay.address)
/// await relay.drain(over: .seconds(10))
/// ```
public final class Relay: Sendable {
    /// Where it listens, as `http://HOST:PORT`, or with `https` where clients speak TLS.
    public let address: String

    private let logger: Logger
    let statistics: Statistics
    let loops: [EventLoop]
    let shards: [Shard]
    let servers: [WebSocketServer]
    private let tls: TLSFiles?
    /// Whether requests that no page of another origin makes are refused when they name a host that isn't the relay's.
    ///
    /// True on loopback, and with `Admission.allowedHosts`.
    public let checksHost: Bool
    let listener: Listener
    let upstream: TopicRunner
    let queryRunner: QueryRunner?
    let tasks: [Task<Void, Never>]
    private let ends: AsyncStream<LinkFailure>

    /// Binds the port, starts to connect upstream, and serves.
    ///
    /// - Throws: `TopicError` or `ConfigurationError` for what can't be, `TLSFileError` for files that can't be used,
    ///   `DescriptorLimitError` when the process may have too few open files, `RelayError` when the machine refuses.
    public init(_ configuration: Configuration, logger: Logger) async throws {
        try Self.check(configuration)
        let identity = try configuration.tls?.read()
        // What clients and the server say gets into it.
        let logger = logger.onOneLine
        self.logger = logger
        let topics = configuration.topics.map {
            TopicStatistics(name: $0.name, startsOnDemand: $0.start == .demand)
        }
        let statistics = Statistics(of: topics, shards: configuration.shards)
        self.statistics = statistics
        statistics.droppedLogLines.withLock { $0 = configuration.droppedLogLines }
        tls = configuration.tls
        if let identity { Self.note(identity, statistics, logger) }
        if let warning = LibraryBuild.warning(of: LibraryBuild.version) { logger.warning("\(warning)") }

        let wanted = configuration.admission.maximumConnections
        // Each loop has a handful of its own, and libwebsockets crashes when there is none left for it. Queries over
        // HTTP have connections of their own.
        // An awaited answer over HTTP has a second one, by which its client is watched.
        let watched =
            configuration.runsQueries ? configuration.maximumExecutions + configuration.maximumWaitingExecutions : 0
        let asked = configuration.session.httpEndpoint != nil && configuration.runsQueries
        let others =
            EventLoop.descriptors * (configuration.shards + 2) + watched
            + (asked ? configuration.maximumExecutions : 0)
        let allowed = DescriptorLimit.set(connections: min(wanted, .max - others) + others)
        guard allowed - others >= wanted else {
            throw DescriptorLimitError(
                connections: wanted,
                needed: wanted + others + DescriptorLimit.slack,
                allowed: allowed + DescriptorLimit.slack
            )
        }

        var loops: [EventLoop] = []
        do {
            let ledger = ConnectionLedger()
            let gathering = GatheringLedger(limit: configuration.admission.maximumGatheredBytes)
            statistics.gathering.withLock { $0 = gathering }
            let epoch = String(UInt64.random(in: .min ... .max), radix: 36)
            let broadcaster = Broadcaster(shards: configuration.shards, limit: configuration.lag.historyBytes)
            let upstreamLoop = try EventLoop(name: "upstream", closeTimeout: configuration.session.closeTimeout)
            loops.append(upstreamLoop)
            var sessionConfiguration = configuration.session
            if sessionConfiguration.httpEndpoint == nil {
                // What was on a link that is lost is sent again by the upstream's leave only: it may be what broke it.
                sessionConfiguration.retryExecute = sessionConfiguration.retryExecute.givingUp { error in
                    if case SessionError.linkLost = error { true } else { false }
                }
            }
            let session = PermanentSession(to: configuration.upstream, sessionConfiguration, on: upstreamLoop)
            statistics.session.withLock { $0 = session }
            var admission = configuration.admission
            admission.ownAddress = OwnAddress(
                listenHost: configuration.host,
                isSecure: identity != nil,
                names: admission.allowedHosts
            )
            checksHost = admission.checksHost
            var routes = Routes(
                statistics: statistics,
                topics: configuration.topics,
                queries: configuration.namedQueries
            )
            routes.admission = admission
            routes.allowsExecution = configuration.allowsExecution
            let keys = try configuration.topics.map { try $0.key() }
            let offers = try configuration.topics.map { try $0.outline() }
            let upstream = TopicRunner(
                on: upstreamLoop,
                session: session,
                configuration: configuration,
                broadcaster: broadcaster,
                statistics: statistics,
                epoch: epoch,
                logger: logger
            )
            if configuration.runsQueries {
                routes.queryRunner = QueryRunner(
                    on: session,
                    loop: upstreamLoop,
                    statistics: statistics,
                    limits: configuration.queryLimits,
                    budget: AnswerBudget(configuration.answers),
                    needsLink: configuration.session.httpEndpoint == nil,
                    guardian: upstream
                )
            }
            var shards: [Shard] = []
            var servers: [WebSocketServer] = []
            for index in 0..<configuration.shards {
                let loop = try EventLoop(name: "shard-\(index)")
                loops.append(loop)
                let topics = zip(zip(configuration.topics, keys), upstream.heads).map { topic, head in
                    ShardTopic(
                        definition: topic.0,
                        key: topic.1,
                        epoch: epoch,
                        policy: configuration.lag,
                        source: head
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
            let listenerLoop = try EventLoop(name: "listener", servesSockets: false)
            loops.append(listenerLoop)

            var options = Listener.Options(host: configuration.host, port: configuration.port)
            options.maximumConnections = wanted
            options.maximumPerAddress = configuration.admission.maximumPerAddress
            options.acceptRate = configuration.admission.acceptRate
            options.acceptRatePerAddress = configuration.admission.acceptRatePerAddress
            options.sendBuffer = configuration.sendBuffer
            let listener = try Listener(on: listenerLoop, options: options, servers: servers, ledger: ledger)
            self.listener = listener
            self.servers = servers
            statistics.listener.withLock { $0 = listener }
            statistics.servers.withLock { [servers] in $0 = servers }
            statistics.queryRunner.withLock { $0 = routes.queryRunner }
            address = "\(identity == nil ? "http" : "https")://\(listener.host):\(listener.port)"

            self.loops = loops
            self.shards = shards
            self.upstream = upstream
            queryRunner = routes.queryRunner
            var tasks = shards.enumerated().map { index, shard in
                Task(executorPreference: shard.loop) { await shard.run(broadcaster.batches(for: index)) }
            }
            let (ends, end) = AsyncStream.makeStream(of: LinkFailure.self, bufferingPolicy: .bufferingNewest(1))
            self.ends = ends
            tasks.append(
                Task(executorPreference: upstreamLoop) {
                    if let failure = await Self.observe(session.events, upstream, statistics, logger) {
                        end.yield(failure)
                    }
                    end.finish()
                }
            )
            self.tasks = tasks
            await upstream.start()
        } catch {
            for loop in loops { await loop.stop() }
            guard let error = error as? WebSocketError else { throw error }
            throw RelayError(error)
        }
    }

    /// True while the upstream link is acknowledged and the relay isn't shutting down.
    public var isReady: Bool { statistics.isReady }

    /// Waits until the session gave up to connect, as `SessionConfiguration.retryConnect` lets it; for one caller.
    ///
    /// A relay that did serves nobody any more, and is best drained.
    ///
    /// - Returns: Why the last attempt failed; nil when the relay was drained before, or the calling task cancelled.
    public func givesUp() async -> LinkFailure? {
        for await failure in ends { return failure }
        return nil
    }

    /// Reads the certificate and its key anew, and presents them from the next handshake on; clients stay.
    ///
    /// Without TLS it does nothing.
    ///
    /// - Throws: `TLSFileError` when the files can't be used; then the former certificate goes on.
    public func reloadCertificate() throws(TLSFileError) {
        guard let identity = try tls?.read() else { return }
        for server in servers { server.present(identity) }
        Self.note(identity, statistics, logger)
    }

    private static func note(_ identity: ServerIdentity, _ statistics: Statistics, _ logger: Logger) {
        statistics.certificateEnd.store(identity.end, ordering: .relaxed)
        if identity.hasEnded { logger.warning("the TLS certificate has expired: clients will refuse it") }
    }

    private static func check(_ configuration: Configuration) throws {
        guard !configuration.topics.isEmpty || configuration.demand.allowsAnySubscription else {
            throw ConfigurationError(description: "no topic is given: a relay needs at least one")
        }
        var names: Set<String> = []
        for topic in configuration.topics where !names.insert(topic.name).inserted {
            throw TopicError(name: topic.name, problem: "it is given twice")
        }
        for topic in configuration.topics { try topic.check() }
        var queryNames: Set<String> = []
        for query in configuration.namedQueries where !queryNames.insert(query.name).inserted {
            throw ConfigurationError(description: "query '\(query.name)': it is given twice")
        }
        guard (1...256).contains(configuration.shards) else {
            throw ConfigurationError(description: "shards: \(configuration.shards) is not 1 to 256")
        }
        let admission = configuration.admission
        guard admission.maximumGatheredBytes / 2 >= configuration.largestClientMessage else {
            throw ConfigurationError(
                description:
                    "gathered bytes: \(admission.maximumGatheredBytes) is less than twice the largest message, "
                    + "\(configuration.largestClientMessage)"
            )
        }
        for (name, rate) in [
            ("accept rate", admission.acceptRate), ("accept rate per address", admission.acceptRatePerAddress),
        ] {
            guard let rate, rate < 1 else { continue }
            throw ConfigurationError(description: "\(name): \(rate) is not 1 or more")
        }
        try configuration.answers.check()
        guard (.zero ... .seconds(1)).contains(configuration.flushInterval) else {
            throw ConfigurationError(description: "flush interval: \(configuration.flushInterval) is not 0 to 1 second")
        }
        guard configuration.lag.historyBytes >= configuration.lag.bytes,
            configuration.lag.historyAge >= configuration.lag.age
        else {
            throw ConfigurationError(description: "the history must be at least as long as the lag limit")
        }
    }

    /// Logs each change of the session's state once, and counts; returns why it ended, nil when it was closed.
    private static func observe(
        _ events: AsyncStream<SessionEvent>,
        _ upstream: TopicRunner,
        _ statistics: Statistics,
        _ logger: Logger
    ) async -> LinkFailure? {
        var lastFailure: LinkFailure?
        for await event in events {
            switch event {
            case .connecting(let attempt):
                logger.debug("connecting to the upstream", metadata: ["attempt": "\(attempt)"])
            case .connected(let generation):
                lastFailure = nil
                statistics.upstreamFailure.withLock { $0 = nil }
                statistics.isUpstreamLive.store(true, ordering: .relaxed)
                statistics.connects.add(1, ordering: .relaxed)
                logger.info("upstream connected", metadata: ["link": "\(generation)"])
            case .disconnected(let failure, let wait):
                statistics.upstreamFailure.withLock { $0 = failure.told }
                statistics.isUpstreamLive.store(false, ordering: .relaxed)
                statistics.disconnects.add(1, ordering: .relaxed)
                upstream.linkLost()
                // The same failure again is no news.
                let level: Logger.Level = failure == lastFailure ? .debug : .warning
                lastFailure = failure
                logger.log(
                    level: level,
                    "upstream not connected",
                    metadata: ["reason": "\(failure)", "retry_in_ms": "\(Int64((wait / .milliseconds(1)).rounded()))"]
                )
            case .ended(let failure):
                statistics.upstreamFailure.withLock { $0 = failure.told }
                statistics.isUpstreamLive.store(false, ordering: .relaxed)
                logger.error("gave up to connect to the upstream", metadata: ["reason": "\(failure)"])
                return failure
            case .closed:
                statistics.isUpstreamLive.store(false, ordering: .relaxed)
                logger.info("upstream session closed")
            }
        }
        return nil
    }
}

/// Why a relay can't run here.
public struct RelayError: Error, Sendable, Hashable, CustomStringConvertible {
    /// True when the port is another process's.
    public let isAddressInUse: Bool
    /// One line.
    public let description: String

    init(_ error: WebSocketError) {
        description = error.description
        if case .cannotListen(_, _, let inUse) = error { isAddressInUse = inUse } else { isAddressInUse = false }
    }
}
