/// What a figure must be for a run to hold, like `p99 < 50ms` or `lost == 0`.
struct Requirement: Equatable {
    /// How a figure is compared.
    enum Comparison: String, CaseIterable {
        // Two characters first: `<` begins `<=` as well.
        case atMost = "<="
        case atLeast = ">="
        case equal = "=="
        case unequal = "!="
        case below = "<"
        case above = ">"
    }

    /// What is wrong with a requirement's text, and what is allowed there.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// The requirement as it was written.
    let text: String
    /// The figure.
    let metric: Metric
    private let comparison: Comparison
    /// In the metric's unit: microseconds, a share, or as it is.
    private let limit: Double

    /// Reads `METRIC COMPARISON VALUE`, spaces between them or not.
    init(_ text: String) throws(Mistake) {
        self.text = text
        var rest = text.drop { $0 == " " }
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "." }
        guard let metric = Metric(rawValue: String(name)) else {
            let allowed = Metric.allCases.map(\.rawValue).joined(separator: " ")
            throw Mistake(description: "no figure is called '\(name)'; allowed: \(allowed)")
        }
        self.metric = metric
        rest = rest.dropFirst(name.count).drop { $0 == " " }
        guard let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) }) else {
            throw Mistake(description: "'\(name)' must be followed by a comparison; allowed: < <= > >= == !=")
        }
        self.comparison = comparison
        rest = rest.dropFirst(comparison.rawValue.count).drop { $0 == " " }
        limit = try Self.limit(rest, metric)
    }

    /// Whether a summary meets the requirement; false where the figure was not measured.
    func holds(in summary: Summary) -> Bool {
        guard let value = metric.value(in: summary) else { return false }
        return holds(value)
    }

    /// Whether a figure meets the requirement.
    func holds(_ value: Double) -> Bool {
        switch comparison {
        case .below: value < limit
        case .atMost: value <= limit
        case .above: value > limit
        case .atLeast: value >= limit
        case .equal: value == limit
        case .unequal: value != limit
        }
    }

    /// The line for a summary that doesn't meet it.
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

    private static func limit(_ text: Substring, _ metric: Metric) throws(Mistake) -> Double {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).filter { $0 != " " }
        let number = digits.utf8.count <= 15 && digits.first != "." && digits.last != "." ? Double(digits) : nil
        switch (metric.unit, unit, number) {
        case (.time, "us", let number?): return number
        case (.time, "µs", let number?): return number
        case (.time, "ms", let number?): return number * 1000
        case (.time, "s", let number?): return number * 1_000_000
        case (.percent, "%", let number?): return number / 100
        case (.number, "", let number?): return number
        case (.time, _, _):
            throw .init(description: "'\(text)' is no time for \(metric.rawValue); allowed: like 500us, 50ms or 1.5s")
        case (.percent, _, _):
            throw .init(description: "'\(text)' is no share for \(metric.rawValue); allowed: like 90%")
        case (.number, _, _):
            throw .init(
                description:
                    "'\(text)' is no number for \(metric.rawValue); allowed: digits without a unit, like 0 or 0.99"
            )
        }
    }
}
