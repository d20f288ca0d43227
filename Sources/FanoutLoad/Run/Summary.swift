/// The results of a run, or of several together.
struct Summary {
    /// What was measured over all connections together.
    struct Measured {
        var latency = Latencies()
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

    var terms: RunTerms
    /// Requirements on the figures, in addition to the rules that always apply.
    let requirements: [Requirement]
    /// Nil if the run ended before its connections were open.
    var window: WindowFigures?
    /// What was measured over all connections.
    var measured: Measured
    /// The latencies; nil if none were measured.
    let latency: Percentiles?
    /// Whether a signal ended the run, or one of the runs.
    let wasInterrupted: Bool

    var opened = 0
    /// Connections that were opened again: readers after they were closed, churning ones after they left.
    var reopened = 0
    /// Connections that were not opened, by reason.
    var refused: [String: Int] = [:]
    /// Readers that the server closed, by code; churning ones are included.
    var closed: [String: Int] = [:]
    /// Slow connections that the server closed, by code.
    var closedSlow: [String: Int] = [:]
    /// Connections on which the server violated RFC 6455.
    var violations = 0

    var counts = LoadClient.Counts()
    var sequence = SequenceTracker.Counts()
    /// The deliveries of each opened reader, in ascending order.
    var deliveries: [UInt64] = []
    var pings = PingLedger.Counts()
    var firstError = ""

    /// How many runs these are the results of.
    var runs = 1
    /// What must be known of how several runs were put together, a sentence each.
    var mergeNotes: [String] = []

    /// Of nothing yet.
    init(
        terms: RunTerms,
        requirements: [Requirement],
        window: WindowFigures?,
        measured: Measured,
        wasInterrupted: Bool
    ) {
        self.terms = terms
        self.requirements = requirements
        self.window = window
        self.measured = measured
        latency = measured.latency.percentiles
        self.wasInterrupted = wasInterrupted
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
    var seconds: Double { window?.seconds ?? 0 }

    /// Deliveries a second in the window.
    var rate: Double { window?.rate ?? 0 }

    /// Megabytes (10^6) a second in the window.
    var megabytesPerSecond: Double { window?.megabytesPerSecond ?? 0 }

    /// The tool's share of one core in its own code, in the window, 0 to 1.
    var userShare: Double { window?.userShare ?? 0 }

    /// The tool's share of one core in the kernel, in the window, 0 to 1.
    var systemShare: Double { window?.systemShare ?? 0 }

    /// Whether the tool was busy all the time, so that the figures show its limit rather than the server's.
    var isLimitedByTool: Bool { (window?.toolShare ?? 0) >= 0.9 }

    /// The watched server's processor seconds for a million deliveries in the window; nil if it wasn't watched.
    var serverCost: Double? {
        guard let window, let server = window.server, window.deliveries > 0 else { return nil }
        return server.processor / .seconds(1) / Double(window.deliveries) * 1e6
    }
}

extension Summary {
    /// Sums up the links at the end of a run.
    init(
        plan: LoadPlan,
        links: [Link],
        window: WindowFigures?,
        measured: Measured = Measured(),
        wasInterrupted: Bool
    ) {
        self.init(
            terms: RunTerms(plan),
            requirements: plan.requirements,
            window: window,
            measured: measured,
            wasInterrupted: wasInterrupted
        )
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
