/// What one server came to in one round.
struct Measurement {
    /// The figures; those that could not be measured are missing.
    private(set) var figures: [Figure: Double] = [:]
    /// The mean bytes of an event's text.
    private(set) var eventSize: Double = 0
    /// Whether the tool was the limit of the closed loop.
    private(set) var isLimitedByTool = false
    /// What did not hold, of both runs.
    private(set) var failures: [String] = []

    /// Takes the run at the set rate.
    mutating func note(paced summary: Summary) {
        figures[.cost] = summary.serverCost
        figures[.p99] = summary.latency.map { Double($0.p99) / 1000 }
        figures[.handshake] = summary.measured.footprint.map { $0.handshake / .microseconds(1) }
        figures[.memory] = summary.measured.footprint?.bytes
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
