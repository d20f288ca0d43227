/// Whose turn it is to be given up, to leave, to come back, to be read or to ping.
struct Turns {
    /// The pause before a churning connection comes back.
    static let churnPause = Duration.milliseconds(10)

    /// Connections begun for the first time, in the order of their index.
    var begun = 0
    /// Connections that may take too long to open.
    var deadlines = DueQueue()
    /// Churning connections that stand.
    var departures = DueQueue()
    /// Churning connections that have left.
    var returns = DueQueue()
    /// Readers that were closed.
    var comebacks = DueQueue()
    /// The connections that crawl.
    let crawlers: [Int]
    var crawlSlots = 0
    var pingSlots = 0
    /// Whether something has to happen every few milliseconds.
    let isPaced: Bool

    private let churnInterval: Duration
    private let reconnectDelay: Duration?

    init(_ plan: LoadPlan) {
        crawlers = plan.roles.crawling == 0 ? [] : (0..<plan.connections).filter { plan.role(of: $0) == .crawls }
        isPaced = plan.pingInterval != nil || !crawlers.isEmpty || plan.roles.churning > 0
        churnInterval = plan.churnInterval
        reconnectDelay = plan.reconnectDelay
    }

    /// Notes that a connection stands.
    mutating func opened(_ index: Int, _ role: Role, _ now: ContinuousClock.Instant) {
        if role == .churns { departures.add(index, due: now + churnInterval) }
    }

    /// Notes that a connection is gone, or could not be opened.
    mutating func ended(_ index: Int, _ role: Role, _ now: ContinuousClock.Instant) {
        if role == .churns {
            returns.add(index, due: now + Self.churnPause)
        } else if let reconnectDelay {
            comebacks.add(index, due: now + reconnectDelay)
        }
    }
}
