/// Which connections are due to be given up, to leave, to reconnect, to be read or to be pinged.
struct Turns {
    /// The pause before a churning connection reconnects.
    static let churnPause = Duration.milliseconds(10)

    /// How many connections were started for the first time, in the order of their index.
    var begun = 0
    /// Connections that are being opened, by their deadline.
    var deadlines = DueQueue()
    /// Churning connections that are open.
    var departures = DueQueue()
    /// Churning connections that have left.
    var returns = DueQueue()
    /// Readers that were closed and will reconnect.
    var comebacks = DueQueue()
    /// The crawling connections.
    let crawlers: [Int]
    var crawlSlots = 0
    /// How many connections are to be open by the stage of the run: the first ones.
    var staged = 0
    var pingSlots = 0
    /// Whether something has to happen every few milliseconds.
    let isPaced: Bool

    private let churnInterval: Duration
    private let reconnectDelay: Duration?

    init(_ plan: LoadPlan) {
        crawlers = plan.roles.crawling == 0 ? [] : (0..<plan.connections).filter { plan.role(of: $0) == .crawls }
        isPaced =
            plan.pingInterval != nil || !crawlers.isEmpty || plan.roles.churning > 0 || plan.stages != nil
        churnInterval = plan.churnInterval
        reconnectDelay = plan.reconnectDelay
    }

    /// Notes that a connection is open.
    mutating func opened(_ index: Int, _ role: Role, _ now: ContinuousClock.Instant) {
        if role == .churns { departures.add(index, due: now + churnInterval) }
    }

    /// Notes that a connection has ended, or couldn't be opened.
    mutating func ended(_ index: Int, _ role: Role, _ now: ContinuousClock.Instant) {
        if role == .churns {
            returns.add(index, due: now + Self.churnPause)
        } else if let reconnectDelay {
            comebacks.add(index, due: now + reconnectDelay)
        }
    }
}
