internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// A share of the clients: one loop, one thread, one actor.
///
/// Takes batches from the broadcaster, appends them to its backlogs, and sweeps its subscribers in a plain loop.
actor Shard {
    let loop: EventLoop
    let admission: Admission
    let routes: Routes
    let statistics: ShardStatistics
    let logger: Logger
    var topics: [ShardTopic]
    /// Which topic an operation joins.
    var operations: OperationIndex
    var clients: [Client?] = []
    private var freePlaces: [Int] = []
    var buffer = FrameBuffer()
    var batch = BatchFrames()
    private var wheel: TimerWheel
    private var ticker: LoopTimer?
    private var due: [Int] = []
    var sweepNumber: UInt64 = 0
    /// How long a batch may wait for others before it is swept; zero for not at all.
    let flushInterval: Duration
    /// What was appended to the backlogs and not swept yet.
    var pendingSweep = PendingSweep()
    private var flushTimer: LoopTimer?
    /// Clients' queries and mutations that run, by number.
    var executions: [UInt64: Execution] = [:]
    var executionCount: UInt64 = 0
    /// When the last clients go, by the loop's clock; nil before the drain.
    var drainEnd: Duration?
    var isDraining: Bool { drainEnd != nil }
    /// Which topics clients want, and the way to their runner, which returns at once.
    var demand: TopicDemand
    var demandTimer: LoopTimer?
    let ask: @Sendable (Demand) -> Void
    /// The limits of the histories of client topics.
    let lagOfClientTopics: LagPolicy

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// A shard of the operator's topics; their outlines, which shards may share, are made here if they aren't given.
    init(
        on loop: EventLoop,
        topics: [ShardTopic],
        offers: [OperationOutline]? = nil,
        demand: DemandPolicy = DemandPolicy(),
        lagOfClientTopics: LagPolicy = LagPolicy(),
        ask: @escaping @Sendable (Demand) -> Void = { _ in },
        admission: Admission,
        routes: Routes,
        statistics: ShardStatistics,
        logger: Logger,
        flushInterval: Duration = .zero
    ) {
        self.loop = loop
        self.topics = topics
        operations = OperationIndex(
            names: topics.map(\.definition.name),
            outlines: offers ?? topics.compactMap { try? $0.definition.outline() }
        )
        self.demand = TopicDemand(policy: demand)
        for topic in topics {
            self.demand.configure(topic.key, startsOnDemand: topic.definition.start == .demand)
        }
        self.lagOfClientTopics = lagOfClientTopics
        self.ask = ask
        self.admission = admission
        self.routes = routes
        self.statistics = statistics
        self.logger = logger
        self.flushInterval = flushInterval
        wheel = TimerWheel(now: EventLoop.now)
    }

    /// The subprotocols that clients may choose.
    static let subprotocols = Subprotocol.allCases.map(\.rawValue) + [plainSubprotocol]
    static let plainSubprotocol = "fanout.v1.json"

    /// Starts to take connections.
    func serve(
        ledger: ConnectionLedger,
        identity: ServerIdentity? = nil,
        gathering: GatheringLedger? = nil
    ) throws(WebSocketError) -> WebSocketServer {
        var options = WebSocketServer.Options(subprotocols: Self.subprotocols)
        options.identity = identity
        options.limits = WebSocket.Limits(
            messageSize: admission.messageSize(allowsExecution: routes.allowsExecution)
        )
        options.gathering = gathering
        options.methods = HTTPRequest.Method.allCases
        options.methodHint = GraphQLRoute.modeHint
        options.pace = (routes.queryRunner?.budget.limits ?? AnswerLimits()).pace
        return try WebSocketServer(on: loop, delegate: self, options: options, ledger: ledger)
    }

    /// Follows the broadcaster until it closes.
    func run(_ batches: AsyncStream<[TopicUpdate]>) async {
        for await updates in batches { apply(updates) }
        sweepPending()
    }

    // Clients.

    func join(_ client: Client) {
        let place = freePlaces.popLast() ?? clients.count
        if place == clients.count { clients.append(client) } else { clients[place] = client }
        client.socket.token = place
        // It was let in a moment before the drain.
        if isDraining { client.watch = .drain }
        statistics.clients.add(1, ordering: .relaxed)
        statistics.opened.add(1, ordering: .relaxed)
        wheel.schedule(place, at: client.deadline)
        startTicking()
    }

    func client(of socket: WebSocket) -> Client? {
        guard clients.indices.contains(socket.token), let client = clients[socket.token], client.socket === socket
        else { return nil }
        return client
    }

    func leave(_ client: Client, code: UInt16?) {
        for subscriber in client.subscribers { remove(subscriber) }
        abandonExecutions(of: client)
        client.subscribers = []
        clients[client.socket.token] = nil
        freePlaces.append(client.socket.token)
        statistics.clients.subtract(1, ordering: .relaxed)
        if client.socket.isStream { statistics.streams.subtract(1, ordering: .relaxed) }
        statistics.closed(code)
    }

    func add(_ subscriber: Subscriber) {
        subscriber.client.subscribers.append(subscriber)
        topics[subscriber.topic].add(subscriber)
        tell(demand.gained(subscriber.topic))
        statistics.subscriptions.add(1, ordering: .relaxed)
        if subscriber.client.isReady { flush(subscriber.client) }
    }

    func remove(_ subscriber: Subscriber) {
        topics[subscriber.topic].remove(subscriber)
        if topics[subscriber.topic].audience.isEmpty { tell(demand.lost(subscriber.topic, at: EventLoop.now)) }
        statistics.subscriptions.subtract(1, ordering: .relaxed)
    }

    // Time.

    /// Sets a client's deadline anew.
    func watch(_ client: Client, _ watch: Client.Watch, for time: Duration) {
        client.watch = watch
        client.deadline = EventLoop.now + time
        client.wasHeard = false
        wheel.schedule(client.socket.token, at: client.deadline)
    }

    /// Has what was pendingSweep swept when its time is over.
    func startFlushTimer() {
        let timer = flushTimer ?? LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.sweepPending() } }
        flushTimer = timer
        timer.start(after: flushInterval)
    }

    func stopFlushTimer() { flushTimer?.stop() }

    private func startTicking() {
        guard ticker == nil else { return }
        let ticker = LoopTimer(on: loop) { [weak self] in self?.assumeIsolated { $0.tick() } }
        self.ticker = ticker
        ticker.start(after: TimerWheel.grain)
    }

    private func tick() {
        let now = EventLoop.now
        due.removeAll(keepingCapacity: true)
        wheel.advance(to: now, into: &due)
        for place in due {
            guard let client = clients[place], client.deadline <= now else { continue }
            expired(client)
        }
        if wheel.count > 0 {
            ticker?.start(after: TimerWheel.grain)
        } else {
            ticker?.close()
            ticker = nil
        }
    }
}
