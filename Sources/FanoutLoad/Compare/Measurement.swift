/// What one server came to in one round.
struct Measurement {
    /// The figures; those that could not be measured are missing.
    private(set) var figures: [Figure: Double] = [:]
    /// The mean bytes of an event's text.
    private(set) var eventSize: Double = 0
    /// Whether the tool was the limit of the closed loop.
    private(set) var isLimitedByTool = false
    /// The connections that never read and were closed by the server.
    private(set) var closedSlow = 0
    /// What did not hold, of both runs.
    private(set) var failures: [String] = []

    /// The figures on one line.
    var text: String {
        let words = Figure.allCases.compactMap { figure in
            figures[figure].map { "\(figure.rawValue) \(figure.text($0))" }
        }
        return words.joined(separator: " ")
    }

    /// Takes one figure.
    mutating func note(_ figure: Figure, _ value: Double) { figures[figure] = value }

    /// Takes the run at the set rate.
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

    /// Takes the run in the closed loop.
    mutating func note(saturated summary: Summary) {
        figures[.saturated] = summary.rate
        isLimitedByTool = summary.isLimitedByTool
        failures += summary.failures
    }
}
