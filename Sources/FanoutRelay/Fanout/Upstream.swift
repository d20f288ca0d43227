internal import Backoff
internal import GraphQLSession
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// Everything that runs on the upstream loop: the session, and for each topic one operation that is restarted.
actor Upstream {
    let loop: EventLoop
    let session: Session
    let broadcaster: Broadcaster
    let statistics: Statistics
    let logger: Logger
    let epoch: String
    let demand: DemandPolicy
    let lag: LagPolicy
    let refetchTimeout: Duration
    private let retrySubscribe: Backoff
    var topics: [Int: Topic] = [:]
    var nextTopic: Int
    /// The topics of clients, by what makes operations equal, and by the orders that they serve.
    var ordered: [OperationKey: Int] = [:]
    var orders: [ShardOrder: Int] = [:]
    private var runs: [Int: Task<Void, Never>] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(
        on loop: EventLoop,
        session: Session,
        configuration: Configuration,
        broadcaster: Broadcaster,
        statistics: Statistics,
        epoch: String,
        logger: Logger
    ) {
        self.loop = loop
        self.session = session
        self.broadcaster = broadcaster
        self.statistics = statistics
        self.epoch = epoch
        self.logger = logger
        demand = configuration.demand
        lag = configuration.lag
        refetchTimeout = configuration.refetchTimeout
        for (index, definition) in configuration.topics.enumerated() {
            topics[index] = Topic(index: index, definition: definition, statistics: statistics.topics[index])
        }
        nextTopic = configuration.topics.count
        var backoff = configuration.retrySubscribe
        let isFatal = backoff.giveUp
        // An operation that the server refuses is not sent again on the same link: it would be refused again.
        backoff.giveUp = { error in
            switch error {
            case SessionError.graphQL, SessionError.closed, SessionError.ended: true
            default: isFatal(error)
            }
        }
        retrySubscribe = backoff
    }

    /// Connects, and starts every topic that doesn't wait for a subscriber.
    func start() async {
        await session.start()
        for topic in topics.values where topic.order == nil && topic.definition.start == .always { run(topic.index) }
    }

    /// Ends the operations and closes the link.
    func stop() async {
        let tasks = Array(runs.values)
        for task in tasks { task.cancel() }
        await session.close()
        for task in tasks { await task.value }
        broadcaster.close()
    }

    /// Starts a topic's operation, after the end of the one before.
    func run(_ index: Int) {
        // What leaves the actor for a moment stays on its loop.
        runs[index] = Task(executorPreference: loop) { [previous = runs[index]] in
            await previous?.value
            await self.follow(index)
        }
    }

    /// Stops a topic's operation.
    func halt(_ index: Int) { runs[index]?.cancel() }

    /// Lets go of a topic's operation that has ended, or was stopped for good.
    func forget(_ index: Int) { runs.removeValue(forKey: index)?.cancel() }

    private func follow(_ index: Int) async {
        guard let topic = topics[index] else { return }
        let request: Request
        do {
            request = try topic.order?.request ?? topic.definition.request()
        } catch {
            preconditionFailure("topics are checked before they are run: \(error)")
        }
        while !Task.isCancelled {
            let end = await follow(request, topic: index)
            guard topic.order == nil else {
                if let end { conclude(end, topic: index) }
                return
            }
            let generation = await session.generation
            guard report(end, topic: index), await isConnected(after: generation) else { return }
        }
    }

    /// Waits for the next link, however long; false when there won't be one.
    private func isConnected(after generation: UInt64) async -> Bool {
        while true {
            do {
                try await session.connected(after: generation)
                return true
            } catch .waitedTooLong {
                continue
            } catch {
                return false
            }
        }
    }

    /// Follows a topic's operation through all its restarts.
    private func follow(_ request: Request, topic index: Int) async -> StreamEnd? {
        let completion: CompletionPolicy = topics[index]?.order == nil ? .restart : .end
        let stream = restarting(
            with: retrySubscribe,
            completion: completion,
            stableFrom: .opening,
            clock: LoopClock(loop)
        ) {
            try await self.open(request, topic: index)
        }
        for await event in stream {
            switch event {
            case .next(let batch):
                publish(topics[index]?.record(batch, at: EventLoop.now) ?? [], topic: index)
            case .interrupted(let interruption):
                log(interruption, topic: index)
                publish([topics[index]?.become(.interrupted, at: EventLoop.now)], topic: index)
            case .resumed:
                logger.info("topic resumed", metadata: ["topic": "\(topics[index]?.definition.name ?? "")"])
            case .ended(let end):
                return end
            }
        }
        return nil
    }

    /// Starts a topic's operation on the link; after an interruption there is a gap, unless nothing came before.
    private func open(_ request: Request, topic index: Int) async throws -> Subscription {
        let subscription = try await session.subscribe(request)
        // It may have been stopped meanwhile, and then must not count as live again.
        try Task.checkCancellation()
        let now = EventLoop.now
        if let topic = topics[index], topic.isBroken {
            publish([topics[index]?.gap("the upstream subscription was interrupted", at: now)], topic: index)
        }
        let isRestart = topics[index]?.isRestart ?? false
        publish([topics[index]?.run(at: now)], topic: index)
        // What the operation brings meanwhile waits, bounded, so that no event is followed by an older result.
        if isRestart { await refetch(index) }
        try Task.checkCancellation()
        return subscription
    }

    /// Hands what was recorded to the shards that know the topic.
    func publish(_ segments: [Segment?], topic index: Int) {
        let segments = segments.compactMap(\.self)
        for segment in segments { topics[index]?.order?.history.append(segment) }
        if let now = segments.last?.time { topics[index]?.order?.history.trim(at: now) }
        publish(segments.map { .segment(topic: index, $0) }, topic: index)
    }

    func publish(_ updates: [TopicUpdate], topic index: Int) {
        if let order = topics[index]?.order {
            broadcaster.publish(updates, to: Set(order.shards.keys))
        } else {
            broadcaster.publish(updates)
        }
    }

    /// Tells everybody how a topic of the operator ended; false when nothing more will come.
    private func report(_ end: StreamEnd?, topic index: Int) -> Bool {
        guard case .gaveUp(let reason, let last) = end, let name = topics[index]?.definition.name else { return false }
        publish([topics[index]?.become(.failed, at: EventLoop.now)], topic: index)
        switch last.error {
        case SessionError.graphQL(let errors):
            topics[index]?.statistics.errors.add(1, ordering: .relaxed)
            logger.error(
                "the upstream refuses the topic's operation; it is tried again on the next link",
                metadata: ["topic": "\(name)", "errors": "\(String(decoding: errors.prefix(500), as: UTF8.self))"]
            )
            publish([.failed(topic: index, errors: errors)], topic: index)
        case SessionError.closed:
            return false
        case SessionError.ended:
            publish([.failed(topic: index, errors: Self.gaveUp)], topic: index)
            return false
        default:
            logger.error(
                "gave up to restart the topic; it is tried again on the next link",
                metadata: ["topic": "\(name)", "reason": "\(reason)", "last": "\(last.error)"]
            )
            publish([.failed(topic: index, errors: Self.gaveUp)], topic: index)
        }
        return true
    }

    /// What clients are told when an operation isn't restarted any more: a JSON array of GraphQL errors.
    static let gaveUp = Array(
        #"[{"message":"the relay gave up to restart the topic's upstream subscription"}]"#.utf8
    )

    private func log(_ interruption: StreamInterruption, topic index: Int) {
        guard let topic = topics[index] else { return }
        topic.statistics.interruptions.add(1, ordering: .relaxed)
        logger.info(
            "topic interrupted",
            metadata: ["topic": "\(topic.definition.name)", "reason": "\(interruption.error)"]
        )
    }
}
