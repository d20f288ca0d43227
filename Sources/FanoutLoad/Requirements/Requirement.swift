import CommandSupport

/// A requirement on a run, like `p99 < 50ms` or `lost == 0`.
struct Requirement: Equatable {
    /// What is wrong with the text of a requirement, and what is allowed.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// The requirement as written.
    let text: String
    /// The figure.
    let metric: Metric
    private let threshold: Threshold

    /// Reads `METRIC COMPARISON VALUE`, with or without spaces in between.
    init(_ text: String) throws(Mistake) {
        self.text = text
        var rest = text.drop { $0 == " " }
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "." }
        guard let metric = Metric(rawValue: String(name)) else {
            let allowed = Metric.allCases.map(\.rawValue).joined(separator: " ")
            throw Mistake(description: "no figure is called '\(name)'; allowed: \(allowed)")
        }
        self.metric = metric
        rest = rest.dropFirst(name.count)
        threshold = try Threshold(rest, unit: metric.unit, of: metric.rawValue)
    }

    /// Whether a summary meets the requirement; false if the figure wasn't measured.
    func holds(in summary: Summary) -> Bool {
        guard let value = metric.value(in: summary) else { return false }
        return holds(value)
    }

    /// Whether a figure meets the requirement.
    func holds(_ value: Double) -> Bool { threshold.holds(value) }

    /// A message that a summary doesn't meet the requirement.
    func failure(in summary: Summary) -> String {
        guard let value = metric.value(in: summary) else {
            return "required \(text), but no latency was measured (--timestamp-key names the time in the payload)"
        }
        let written =
            switch metric.unit {
            case .time: NumberText.latency(UInt64(max(0, value)))
            case .percent: "\(NumberText.decimal(value * 100))%"
            case .number where metric == .fairness: JSONText.number(value)
            case .number: NumberText.grouped(Int(value))
            }
        return "required \(text), but it is \(written)"
    }
}
