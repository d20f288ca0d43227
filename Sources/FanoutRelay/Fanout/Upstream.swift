internal import Backoff
internal import GraphQLSession
internal import Logging
internal import Synchronization
internal import WebSockets

/// Everything that runs on the upstream loop: the session, and for each topic one operation that is restarted.
actor Upstream {
    private let loop: EventLoop
    private let session: Session
    private let broadcaster: Broadcaster
    private let retrySubscribe: Backoff
    private let logger: Logger
    private var topics: [Topic]
    private var tasks: [Task<Void, Never>] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(
        on loop: EventLoop,
        session: Session,
        topics: [Topic],
        broadcaster: Broadcaster,
        retrySubscribe: Backoff,
        logger: Logger
    ) {
        self.loop = loop
        self.session = session
        self.topics = topics
        self.broadcaster = broadcaster
        self.logger = logger
        var backoff = retrySubscribe
        let isFatal = backoff.giveUp
        // An operation that the server refuses is not sent again on the same link: it would be refused again.
        backoff.giveUp = { error in
            switch error {
            case SessionError.graphQL, SessionError.closed, SessionError.ended: true
            default: isFatal(error)
            }
        }
        self.retrySubscribe = backoff
    }

    /// Connects, and starts every topic.
    func start() async {
        await session.start()
        for index in topics.indices {
            tasks.append(Task { await self.run(topic: index) })
        }
    }

    /// Ends the operations and closes the link.
    func stop() async {
        for task in tasks { task.cancel() }
        await session.close()
        for task in tasks { await task.value }
        broadcaster.close()
    }

    private func run(topic index: Int) async {
        let request: Request
        do {
            request = try topics[index].definition.request()
        } catch {
            preconditionFailure("topics are checked before they are run: \(error)")
        }
        while !Task.isCancelled {
            let end = await follow(request, topic: index)
            let generation = await session.generation
            guard report(end, topic: index) else { return }
            do {
                try await session.connected(after: generation)
            } catch {
                return
            }
        }
    }

    /// Follows a topic's operation through all its restarts.
    private func follow(_ request: Request, topic index: Int) async -> StreamEnd? {
        let stream = restarting(with: retrySubscribe, stableFrom: .opening) {
            try await self.open(request, topic: index)
        }
        for await event in stream {
            switch event {
            case .next(let batch):
                publish(topics[index].record(batch, at: EventLoop.now), topic: index)
            case .interrupted(let interruption):
                log(interruption, topic: index)
                publish([topics[index].become(.interrupted, at: EventLoop.now)], topic: index)
            case .resumed:
                logger.info("topic resumed", metadata: ["topic": "\(topics[index].definition.name)"])
            case .ended(let end):
                return end
            }
        }
        return nil
    }

    /// Starts a topic's operation on the link; after an interruption there is a gap, unless nothing came before.
    private func open(_ request: Request, topic index: Int) async throws -> Subscription {
        let subscription = try await session.subscribe(request)
        let now = EventLoop.now
        let wasInterrupted = topics[index].status == .interrupted || topics[index].status == .failed
        if wasInterrupted, topics[index].sequence > 0 {
            publish([topics[index].gap("the upstream subscription was interrupted", at: now)], topic: index)
        }
        publish([topics[index].become(.live, at: now)], topic: index)
        return subscription
    }

    private func publish(_ segments: [Segment?], topic index: Int) {
        broadcaster.publish(segments.compactMap { $0.map { .segment(topic: index, $0) } })
    }

    /// Tells everybody how a topic ended; false when nothing more will come.
    private func report(_ end: StreamEnd?, topic index: Int) -> Bool {
        guard case .gaveUp(let reason, let last) = end else { return false }
        let name = topics[index].definition.name
        publish([topics[index].become(.failed, at: EventLoop.now)], topic: index)
        switch last.error {
        case SessionError.graphQL(let errors):
            topics[index].statistics.errors.add(1, ordering: .relaxed)
            logger.error(
                "the upstream refuses the topic's operation; it is tried again on the next link",
                metadata: ["topic": "\(name)", "errors": "\(String(decoding: errors.prefix(500), as: UTF8.self))"]
            )
            broadcaster.publish([.failed(topic: index, errors: errors)])
        case SessionError.closed, SessionError.ended:
            return false
        default:
            logger.error(
                "gave up to restart the topic; it is tried again on the next link",
                metadata: ["topic": "\(name)", "reason": "\(reason)", "last": "\(last.error)"]
            )
            let errors = #"[{"message":"the relay gave up to restart the topic's upstream subscription"}]"#
            broadcaster.publish([.failed(topic: index, errors: Array(errors.utf8))])
        }
        return true
    }

    private func log(_ interruption: StreamInterruption, topic index: Int) {
        let statistics = topics[index].statistics
        statistics.interruptions.add(1, ordering: .relaxed)
        logger.info(
            "topic interrupted",
            metadata: ["topic": "\(topics[index].definition.name)", "reason": "\(interruption.error)"]
        )
    }
}
