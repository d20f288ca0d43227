import CommandSupport

/// All results of one fault together: a row of the table.
struct FaultRow {
    /// The titles of the columns.
    static let titles = [
        "fault", "runs", "stall s: min / p50 / p99 / max", "at the relay hit: max", "lost untold", "doubled",
        "reordered", "holes", "false gaps", "gaps told", "events missed, told", "events", "broken connections",
        "not well again",
    ]

    let name: String
    private(set) var results: [FaultResult] = []

    /// The rows of results, in the order in which the faults came first.
    static func rows(of results: [FaultResult]) -> [FaultRow] {
        var rows: [FaultRow] = []
        for result in results {
            let index = rows.firstIndex { $0.name == result.fault } ?? rows.count
            if index == rows.count { rows.append(FaultRow(name: result.fault)) }
            rows[index].results.append(result)
        }
        return rows
    }

    private init(name: String) { self.name = name }

    /// The least, middle, 99th of a hundred and largest of the stalls, in seconds.
    var stalls: (least: Double, median: Double, p99: Double, most: Double) {
        let sorted = results.map(\.stall).sorted()
        // The nearest rank: the smallest value that so many per cent aren't above.
        let value = { (share: Double) in
            sorted.isEmpty ? 0 : sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
        }
        return (sorted.first ?? 0, value(0.5), value(0.99), sorted.last ?? 0)
    }

    /// The sum of a count.
    func sum(_ count: (FaultResult) -> UInt64) -> UInt64 { results.reduce(0) { $0 &+ count($1) } }

    /// How many of the faults the group didn't get over in time.
    var troubles: Int { results.count { $0.trouble != nil } }

    /// The row's cells.
    var cells: [String] {
        let stalls = stalls
        let times = [stalls.least, stalls.median, stalls.p99, stalls.most].map(NumberText.fine)
        let counts = [
            \FaultResult.lost, \.doubled, \.reordered, \.holes, \.falseGaps, \.gaps, \.missed, \.events, \.breaks,
        ].map { path in NumberText.grouped(sum { $0[keyPath: path] }) }
        let hit = results.compactMap(\.stallOfHit).max().map(NumberText.fine) ?? "–"
        return [name, "\(results.count)", times.joined(separator: " / "), hit] + counts + ["\(troubles)"]
    }
}
