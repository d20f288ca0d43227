/// The figures of one server in one round.
struct Measurement {
    /// The figures; those that couldn't be measured are missing.
    private(set) var figures: [Figure: Double] = [:]
    /// The mean bytes of an event's text.
    private(set) var eventSize: Double = 0
    /// Whether the tool, not the server, limited the closed loop.
    private(set) var isLimitedByTool = false
    /// How many connections that never read were closed by the server.
    private(set) var closedSlow = 0
    /// What went wrong in both runs.
    private(set) var failures: [String] = []

    /// The figures on one line.
    var text: String {
        let words = Figure.allCases.compactMap { figure in
            figures[figure].map { "\(figure.rawValue) \(figure.text($0))" }
        }
        return words.joined(separator: " ")
    }

    /// Sets a figure.
    mutating func note(_ figure: Figure, _ value: Double) { figures[figure] = value }

    /// Takes the figures of the run at the set rate.
    mutating func note(paced summary: Summary) {
        figures[.cost] = summary.serverCost
        figures[.p99] = summary.latency.map { Double($0.p99) / 1000 }
        figures[.handshake] = summary.measured.footprint.map { $0.handshake / .microseconds(1) }
        figures[.memory] = summary.measured.footprint?.bytes
        figures[.growth] = summary.window?.growth.map(Double.init)
        if summary.measured.made != nil { figures[.throttled] = Double(summary.measured.throttled) }
        closedSlow = summary.closedSlow.values.reduce(0, +)
        eventSize = summary.measured.eventSize ?? 0
        failures += summary.failures
    }

    /// Takes the figures of the run in the closed loop.
    mutating func note(saturated summary: Summary) {
        figures[.saturated] = summary.rate
        isLimitedByTool = summary.isLimitedByTool
        failures += summary.failures
    }
}
