/// A figure of a summary that a requirement can name.
enum Metric: String, CaseIterable {
    case p50
    case p90
    case p99
    case p999 = "p99.9"
    case max
    case mean
    case lost
    case duplicated
    case reordered
    case gaps
    case skipped
    case restarts
    case refused
    case closed
    case errors
    case deliveries
    case rate
    case fewest
    case fairness
    case throttled
    case cpu

    /// The unit of a value.
    enum Unit: Equatable {
        /// A time: us, ms or s, kept as microseconds.
        case time
        /// A number without a unit.
        case number
        /// A share of one core: a percentage, kept as 0 to 1.
        case percent
    }

    /// The unit of this figure.
    var unit: Unit {
        switch self {
        case .p50, .p90, .p99, .p999, .max, .mean: .time
        case .cpu: .percent
        case .lost, .duplicated, .reordered, .gaps, .skipped, .restarts, .refused, .closed, .errors, .deliveries, .rate,
            .fewest, .fairness, .throttled:
            .number
        }
    }

    /// The figure in a summary; nil if it wasn't measured.
    func value(in summary: Summary) -> Double? {
        switch self {
        case .p50: summary.latency.map { Double($0.p50) }
        case .p90: summary.latency.map { Double($0.p90) }
        case .p99: summary.latency.map { Double($0.p99) }
        case .p999: summary.latency.map { Double($0.p999) }
        case .max: summary.latency.map { Double($0.max) }
        case .mean: summary.latency.map(\.mean)
        case .lost: Double(summary.sequence.lost)
        case .duplicated: Double(summary.sequence.duplicated)
        case .reordered: Double(summary.sequence.reordered)
        case .gaps: Double(summary.sequence.gaps)
        case .skipped: Double(summary.sequence.skipped)
        case .restarts: Double(summary.sequence.restarts)
        case .refused: Double(summary.refused.values.reduce(0, +))
        case .closed: Double(summary.closed.values.reduce(0, +))
        case .errors: Double(summary.counts.operationErrors)
        case .deliveries: Double(summary.counts.deliveries)
        case .rate: summary.rate
        case .fewest: Double(summary.deliveries.first ?? 0)
        case .fairness: summary.fairness
        case .throttled: Double(summary.measured.throttled)
        case .cpu: summary.userShare + summary.systemShare
        }
    }
}
