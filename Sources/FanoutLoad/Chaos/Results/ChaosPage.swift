import CommandSupport

/// A run as one self-contained page: verdict, table, and the stall of each fault.
struct ChaosPage {
    let report: ChaosReport

    var document: HTMLDocument {
        HTMLDocument(
            title: "faults: \(report.terms.group)",
            body: """
                \(HTMLDocument.verdict(report.failures))
                \(HTMLDocument.tiles(tiles))
                <p>\(HTMLDocument.escape(report.terms.words))</p>
                <h2>Faults</h2>
                <div style="overflow-x:auto">\(ChaosTable(report.results).html)</div>
                <h2>Stalls</h2>
                \(plot?.svg ?? "")
                """
        )
    }

    private var tiles: [(name: String, value: String)] {
        let sum = { (count: (FaultResult) -> UInt64) in
            NumberText.grouped(report.results.reduce(UInt64(0)) { $0 &+ count($1) })
        }
        return [
            ("faults", "\(report.results.count)"), ("events judged", sum(\.events)), ("lost untold", sum(\.lost)),
            ("doubled", sum(\.doubled)), ("reordered", sum(\.reordered)), ("holes", sum(\.holes)),
            ("false gaps", sum(\.falseGaps)),
        ]
    }

    /// Each fault's longest time without events.
    private var plot: Plot? {
        guard report.results.count > 1 else { return nil }
        return Plot(
            title: "The longest time without events of any client, in seconds",
            xTitle: "fault",
            series: FaultRow.rows(of: report.results).prefix(3).map { row in
                .init(
                    name: row.name,
                    points: report.results.enumerated().compactMap { index, result in
                        result.fault == row.name ? (Double(index + 1), result.stall) : nil
                    }
                )
            },
            yText: { NumberText.fine($0) }
        )
    }
}
