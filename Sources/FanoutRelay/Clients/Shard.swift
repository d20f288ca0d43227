internal import Fanout
internal import GraphQLTransport
internal import Logging
internal import Synchronization
internal import WebSockets

/// A share of the clients on one event loop and its thread.
///
/// It takes batches from the broadcaster, appends them to its backlogs, and has them delivered to its clients.
actor Shard: LoopActor {
    let loop: EventLoop
    var admission: Admission
    var authorizer: Authorizer { routes.authorizer }
    var routes: Routes { _read { yield door.routes } }
    var door: HandshakeDoor
    let statistics: ShardStatistics
    let logger: Logger

    // Topics.

    var topics: [ShardTopic]
    /// Finds the topic that an operation joins.
    var operations: OperationIndex
    /// Which topics have subscribers; `ask` sends the changes to the topics' runner, and returns at once.
    var demand: TopicDemand
    var demandTimer: LoopTimer?
    let ask: @Sendable (Demand) -> Void
    /// The limits of the histories of client topics.
    var lagOfClientTopics: LagPolicy
    /// What holds once the topics' updates say so.
    var awaitedPlan = AwaitedPlan()

    // Clients.

    var clients: [Client?] = []
    var freePlaces: [Int] = []
    var subjectPlaces: SubjectPlaces
    /// The clients' deadlines.
    var wheel: TimerWheel
    var ticker: LoopTimer?
    /// Bounds what clients send beside messages.
    var overhead: OverheadWatch
    var lagSample = LagSample()
    var due: [Int] = []
    /// How many queries and mutations of clients have been run; it numbers them.
    private var executionCount: UInt64 = 0
    /// When the drain ends for the last clients, by the loop's clock; nil before the drain.
    var drainEnd: Duration?
    var isDraining: Bool { drainEnd != nil }

    // Delivery.

    var sweeper: Sweeper
    /// What was appended to the backlogs and not swept yet.
    var pendingSweep = PendingSweep()
    /// How long a batch may wait for others before it is swept; zero sweeps at once.
    var flushInterval: Duration
    var flushTimer: LoopTimer?

    /// Makes a shard with the topics that the relay begins with; their outlines are made here unless they are given.
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
        door = HandshakeDoor(routes: routes, statistics: statistics)
        subjectPlaces = SubjectPlaces(routes.subjects)
        self.statistics = statistics
        self.logger = logger
        self.flushInterval = flushInterval
        sweeper = Sweeper(statistics: statistics, logger: logger)
        wheel = TimerWheel(now: EventLoop.now)
        overhead = OverheadWatch(rate: admission.allowedMessageRate)
    }

    /// The subprotocols that clients may choose.
    static let subprotocols = Subprotocol.allCases.map(\.rawValue) + [PlainDialect.subprotocol]

    /// Accepts connections from now on.
    func serve(
        ledger: ConnectionLedger,
        identity: ServerIdentity? = nil,
        gathering: GatheringLedger? = nil
    ) throws(WebSocketError) -> WebSocketServer {
        let isForOperators = routes.clientele == .operators
        let subprotocols = isForOperators ? [PlainDialect.subprotocol] : Self.subprotocols
        var options = WebSocketServer.Options(subprotocols: subprotocols)
        options.identity = identity
        let size = admission.messageSize(allowsExecution: routes.allowsExecution)
        options.limits = WebSocket.Limits(messageSize: isForOperators ? RelayBuilder.operatorMessageSize : size)
        options.gathering = gathering
        options.methods = HTTPRequest.Method.allCases
        options.methodHint = isForOperators ? nil : GraphQLRoute.modeHint
        options.pace = (routes.queryRunner?.budget.limits ?? AnswerLimits()).pace
        return try WebSocketServer(on: loop, delegate: self, options: options, ledger: ledger)
    }

    /// Applies the broadcaster's batches until it closes.
    func run(_ batches: AsyncStream<[TopicUpdate]>) async {
        for await updates in batches { apply(updates) }
        sweepPending()
        awaitedPlan.end()
    }

    /// A number for a query or mutation of a client; each is used once.
    func nextExecution() -> UInt64 {
        executionCount += 1
        return executionCount
    }
}
