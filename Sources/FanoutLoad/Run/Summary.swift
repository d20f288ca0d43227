/// The results of a run.
struct Summary {
    /// What was measured over all connections together.
    struct Measured {
        var latency = LatencyRecorder(key: nil)
        /// One sample for each second of the window, or for several when it is long.
        var samples: [Sample] = []
        /// Why the file of samples isn't complete; nil when it is.
        var sampleFailure: OutputFile.Failure?
        /// What opening the connections cost the watched server.
        var footprint: Footprint?
        /// How many events the tool made itself; nil if it made none.
        var made: UInt64?
        /// How often it couldn't make an event.
        var throttled: UInt64 = 0
        /// How often it gave up waiting for an event to reach all readers.
        var stalls: UInt64 = 0
        /// The mean bytes of an event's text; nil without events.
        var eventSize: Double?
    }

    let plan: LoadPlan
    /// Nil if the run ended before its connections were open.
    let window: Window?
    /// What was measured over all connections.
    let measured: Measured
    /// The latencies; nil if none were measured.
    let latency: Percentiles?
    let wasInterrupted: Bool

    private(set) var opened = 0
    /// Connections that were opened again: readers after they were closed, churning ones after they left.
    private(set) var reopened = 0
    /// Connections that were not opened, by reason.
    private(set) var refused: [String: Int] = [:]
    /// Readers that the server closed, by code; churning ones are included.
    private(set) var closed: [String: Int] = [:]
    /// Slow connections that the server closed, by code.
    private(set) var closedSlow: [String: Int] = [:]
    /// Connections on which the server violated RFC 6455.
    private(set) var violations = 0

    private(set) var counts = LoadClient.Counts()
    private(set) var sequence = SequenceTracker.Counts()
    /// The deliveries of each opened reader, in ascending order.
    private(set) var deliveries: [UInt64] = []
    private(set) var pings = PingLedger.Counts()
    private(set) var firstError = ""

    /// Sums up the links at the end of a run.
    init(plan: LoadPlan, links: [Link], window: Window?, measured: Measured = Measured(), wasInterrupted: Bool) {
        self.plan = plan
        self.window = window
        self.measured = measured
        latency = measured.latency.percentiles
        self.wasInterrupted = wasInterrupted
        for link in links { add(link) }
        deliveries.sort()
    }

    private mutating func add(_ link: Link) {
        addPast(link)
        switch link.client.phase {
        case .ended(.refused(let refusal)):
            refused[refusal.description, default: 0] += 1
        case .ended(.closed(let departure)):
            if case .violation = departure { violations += 1 }
            addClosed([departure.description: 1], link.role)
        case .ended(.left), .waiting, .connecting, .handshaking, .acknowledging, .subscribed:
            break
        }
        if link.client.wasOpened || link.past.opened > 0 { opened += 1 }
        reopened += max(0, link.past.opened + (link.client.wasOpened ? 1 : 0) - 1)
        guard !link.role.isSlow, link.client.wasOpened || link.past.opened > 0 else { return }
        let client = link.client
        if link.role == .reads { deliveries.append(link.deliveries) }
        counts += client.counts
        sequence += client.tracker.counts
        pings += client.pings.counts
        if firstError.isEmpty { firstError = String(decoding: client.errorText, as: UTF8.self) }
    }

    private mutating func addPast(_ link: Link) {
        refused.merge(link.past.refused, uniquingKeysWith: +)
        addClosed(link.past.closed, link.role)
        guard !link.role.isSlow else { return }
        counts += link.past.counts
        sequence += link.past.sequence
        pings += link.past.pings
    }

    private mutating func addClosed(_ counts: [String: Int], _ role: Role) {
        if role.isSlow {
            closedSlow.merge(counts, uniquingKeysWith: +)
        } else {
            closed.merge(counts, uniquingKeysWith: +)
        }
    }

    /// The median of the readers' deliveries.
    var median: UInt64 { deliveries.isEmpty ? 0 : deliveries[deliveries.count / 2] }

    /// Jain's index of the readers' deliveries: 1 if all had the same number, 1/n if one had all; nil without
    /// deliveries.
    var fairness: Double? {
        let sum = deliveries.reduce(0) { $0 + Double($1) }
        let squares = deliveries.reduce(0) { $0 + Double($1) * Double($1) }
        return squares > 0 ? sum * sum / (Double(deliveries.count) * squares) : nil
    }

    /// Pings that got no pong.
    var unansweredPings: UInt64 { pings.sent - pings.answered - pings.wrong }

    /// The length of the window in seconds.
    var seconds: Double { (window?.length ?? .zero) / .seconds(1) }

    /// Deliveries a second in the window.
    var rate: Double { seconds > 0 ? Double(window?.deliveries ?? 0) / seconds : 0 }

    /// Megabytes (10^6) a second in the window.
    var megabytesPerSecond: Double { seconds > 0 ? Double(window?.bytes ?? 0) / seconds / 1e6 : 0 }

    /// The tool's share of one core in its own code, in the window, 0 to 1.
    var userShare: Double { seconds > 0 ? (window?.processor.user ?? .zero) / .seconds(1) / seconds : 0 }

    /// The tool's share of one core in the kernel, in the window, 0 to 1.
    var systemShare: Double { seconds > 0 ? (window?.processor.system ?? .zero) / .seconds(1) / seconds : 0 }

    /// Whether the tool was busy all the time, so that the figures show its limit rather than the server's.
    var isLimitedByTool: Bool { userShare + systemShare >= 0.9 }

    /// The watched server's processor seconds for a million deliveries in the window; nil if it wasn't watched.
    var serverCost: Double? {
        guard let window, let server = window.server, window.deliveries > 0 else { return nil }
        return server.processor / .seconds(1) / Double(window.deliveries) * 1e6
    }
}

extension LoadClient.Counts {
    /// Adds another client's counts.
    static func += (sum: inout Self, other: Self) {
        sum.bytes &+= other.bytes
        sum.deliveries &+= other.deliveries
        sum.unnumbered &+= other.unnumbered
        sum.unreadable &+= other.unreadable
        sum.misaddressed &+= other.misaddressed
        sum.operationErrors &+= other.operationErrors
        sum.completions &+= other.completions
    }
}
