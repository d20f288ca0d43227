import CommandSupport

/// A comparison as text for people, and as JSON for scripts.
struct ComparisonText {
    private let comparison: Comparison

    init(_ comparison: Comparison) {
        self.comparison = comparison
    }

    /// What was compared, and how often.
    var title: String {
        let plan = comparison.plan
        return "\(NumberText.grouped(plan.connections)) clients (\(plan.clientProtocol.rawValue)), "
            + "\(NumberText.grouped(plan.connections * plan.rate)) deliveries/s, \(plan.size)-byte events, "
            + "\(comparison.rounds.count) rounds"
    }

    /// A heading, then a line for each figure that was measured.
    var rows: [[String]] {
        let name = comparison.plan.base.name
        guard comparison.plan.base != .none else {
            return [["", "relay"]]
                + Figure.allCases.compactMap { figure in
                    comparison.relay(figure).map { [figure.words, $0.text(figure.text)] }
                }
        }
        return [["", name, "relay", "relay / \(name)"]]
            + Figure.allCases.compactMap { figure in
                guard let relay = comparison.relay(figure) else { return nil }
                return [
                    figure.words, comparison.base(figure)?.text(figure.text) ?? "-", relay.text(figure.text),
                    comparison.ratio(figure)?.text(NumberText.fine) ?? "-",
                ]
            }
    }

    /// A table with a line for each figure: the median and, in parentheses, the least and the most.
    var table: String {
        let plan = comparison.plan
        let lines = TextColumns.lines(rows)
        let added = comparison.difference(.p99).map {
            ["p99 added over the \(plan.base.name): \($0.text(NumberText.fine)) ms"]
        }
        let notes = comparison.notes.map { "note: \($0)" } + comparison.failures.map { "failed: \($0)" }
        return (["\(title); medians (least to most)"] + lines + (added ?? []) + notes).joined(separator: "\n") + "\n"
    }

    /// One JSON object on one line.
    var json: String {
        let figures = Figure.allCases.map { figure in
            JSONText.object([
                "figure": JSONText.quote(figure.rawValue),
                "meaning": JSONText.quote(figure.words),
                "base": Self.json(comparison.base(figure)),
                "relay": Self.json(comparison.relay(figure)),
                "ratio": Self.json(comparison.ratio(figure)),
            ])
        }
        let plan = comparison.plan
        return JSONText.object([
            "held": "\(comparison.failures.isEmpty)",
            "connections": "\(plan.connections)",
            "base": JSONText.quote(plan.base.description),
            "neverReading": "\(plan.neverReading)",
            "protocol": JSONText.quote(plan.clientProtocol.rawValue),
            "rate": "\(plan.rate)",
            "size": "\(plan.size)",
            "inFlight": plan.inFlight.map { "\($0)" } ?? "null",
            "rounds": "\(comparison.rounds.count)",
            "figures": "[\(figures.joined(separator: ","))]",
            "p99AddedMilliseconds": Self.json(comparison.difference(.p99)),
            "notes": "[\(comparison.notes.map(JSONText.quote).joined(separator: ","))]",
            "failures": "[\(comparison.failures.map(JSONText.quote).joined(separator: ","))]",
        ]) + "\n"
    }

    private static func json(_ spread: Spread?) -> String {
        guard let spread else { return "null" }
        return JSONText.object([
            "median": JSONText.number(spread.median), "least": JSONText.number(spread.least),
            "most": JSONText.number(spread.most),
        ])
    }
}
