/// A comparison for people and for scripts.
struct ComparisonText {
    private let comparison: Comparison

    init(_ comparison: Comparison) {
        self.comparison = comparison
    }

    /// A table with a line for each figure: median and, in brackets, least and most.
    var table: String {
        let plan = comparison.plan
        let title =
            "\(NumberText.grouped(plan.connections)) clients (\(plan.clientProtocol.rawValue)), "
            + "\(NumberText.grouped(plan.connections * plan.rate)) deliveries/s, \(plan.size)-byte events, "
            + "\(comparison.rounds.count) rounds; medians (least to most)"
        var rows = [["", "floor", "relay", "relay / floor"]]
        for figure in Figure.allCases {
            guard let floor = comparison.floor(figure), let relay = comparison.relay(figure) else { continue }
            rows.append([
                figure.words, Self.text(floor, figure.text), Self.text(relay, figure.text),
                comparison.ratio(figure).map { Self.text($0, NumberText.fine) } ?? "-",
            ])
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = row.enumerated().map { $1 + String(repeating: " ", count: widths[$0] - $1.count) }
            return cells.joined(separator: "  ")
        }
        let added = comparison.added.map { ["p99 added over the floor: \(Self.text($0, NumberText.fine)) ms"] } ?? []
        let notes = comparison.notes.map { "note: \($0)" } + comparison.failures.map { "failed: \($0)" }
        return ([title] + lines + added + notes).joined(separator: "\n") + "\n"
    }

    /// One JSON object on one line.
    var json: String {
        let figures = Figure.allCases.map { figure in
            JSONText.object([
                "figure": JSONText.quote(figure.rawValue),
                "meaning": JSONText.quote(figure.words),
                "floor": Self.json(comparison.floor(figure)),
                "relay": Self.json(comparison.relay(figure)),
                "ratio": Self.json(comparison.ratio(figure)),
            ])
        }
        let plan = comparison.plan
        return JSONText.object([
            "held": "\(comparison.failures.isEmpty)",
            "connections": "\(plan.connections)",
            "protocol": JSONText.quote(plan.clientProtocol.rawValue),
            "rate": "\(plan.rate)",
            "size": "\(plan.size)",
            "inFlight": plan.inFlight.map { "\($0)" } ?? "null",
            "rounds": "\(comparison.rounds.count)",
            "figures": "[\(figures.joined(separator: ","))]",
            "p99AddedMilliseconds": Self.json(comparison.added),
            "notes": "[\(comparison.notes.map(JSONText.quote).joined(separator: ","))]",
            "failures": "[\(comparison.failures.map(JSONText.quote).joined(separator: ","))]",
        ]) + "\n"
    }

    private static func text(_ spread: Spread, _ write: (Double) -> String) -> String {
        "\(write(spread.median)) (\(write(spread.least)) to \(write(spread.most)))"
    }

    private static func json(_ spread: Spread?) -> String {
        guard let spread else { return "null" }
        return JSONText.object([
            "median": JSONText.number(spread.median), "least": JSONText.number(spread.least),
            "most": JSONText.number(spread.most),
        ])
    }
}
