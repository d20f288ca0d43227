/// What came of a run.
struct Summary {
    let plan: LoadPlan
    /// Nil if the run was over before its connections were open.
    let window: Window?
    let wasInterrupted: Bool

    private(set) var opened = 0
    /// Connections that were not opened, by reason.
    private(set) var refused: [String: Int] = [:]
    /// Readers closed by the server, by code.
    private(set) var closed: [String: Int] = [:]
    /// Never-reading connections closed by the server, by code.
    private(set) var closedNeverReading: [String: Int] = [:]
    /// Connections on which the server broke RFC 6455.
    private(set) var violations = 0

    private(set) var counts = LoadClient.Counts()
    private(set) var sequence = SequenceTracker.Counts()
    /// Each opened reader's deliveries, fewest first.
    private(set) var deliveries: [UInt64] = []
    private(set) var pings: UInt64 = 0
    private(set) var pongs: UInt64 = 0
    private(set) var wrongPongs: UInt64 = 0
    private(set) var firstError = ""

    /// Sums up the links at the end of a run.
    init(plan: LoadPlan, links: [Link], window: Window?, wasInterrupted: Bool) {
        self.plan = plan
        self.window = window
        self.wasInterrupted = wasInterrupted
        for link in links { add(link) }
        deliveries.sort()
    }

    private mutating func add(_ link: Link) {
        switch link.client.phase {
        case .ended(.refused(let refusal)):
            refused[refusal.description, default: 0] += 1
            return
        case .ended(.closed(let departure)):
            if case .violation = departure { violations += 1 }
            if link.neverReads {
                closedNeverReading[departure.description, default: 0] += 1
            } else {
                closed[departure.description, default: 0] += 1
            }
        case .ended(.left) where !link.client.wasOpened:
            return
        case .ended(.left), .waiting, .connecting, .handshaking, .acknowledging, .subscribed:
            break
        }
        opened += 1
        guard !link.neverReads else { return }
        let client = link.client
        deliveries.append(client.counts.deliveries)
        counts += client.counts
        sequence += client.tracker.counts
        pings &+= client.pings.sent
        pongs &+= client.pings.answered
        wrongPongs &+= client.pings.wrong
        if firstError.isEmpty { firstError = String(decoding: client.errorText, as: UTF8.self) }
    }

    /// The middle of the readers' deliveries.
    var median: UInt64 { deliveries.isEmpty ? 0 : deliveries[deliveries.count / 2] }

    /// Pings whose pong never came.
    var unansweredPings: UInt64 { pings - pongs - wrongPongs }

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
