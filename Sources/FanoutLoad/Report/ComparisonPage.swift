import CommandSupport

/// A comparison as one self-contained page: verdict, ratios, figures, and a plot of each, round by round.
struct ComparisonPage {
    private let comparison: Comparison
    private let text: ComparisonText

    init(_ comparison: Comparison) {
        self.comparison = comparison
        text = ComparisonText(comparison)
    }

    /// The page.
    var document: HTMLDocument {
        HTMLDocument(
            title: text.title,
            body: """
                \(HTMLDocument.verdict(comparison.failures))
                \(HTMLDocument.tiles(tiles))
                <h2>Figures</h2>
                <p>Medians of the rounds, and from the least to the most.</p>
                \(table)
                <ul>\(comparison.notes.map { "<li>\(HTMLDocument.escape($0))</li>" }.joined())</ul>
                <h2>Round by round</h2>
                \(plots)
                """
        )
    }

    /// The medians of the ratios; without a base, the relay's own figures.
    private var tiles: [(name: String, value: String)] {
        let name = comparison.plan.base.name
        var tiles = Figure.allCases.compactMap { figure in
            comparison.ratio(figure).map { ("\(figure.words), to the \(name)'s", "× \(NumberText.fine($0.median))") }
        }
        if let added = comparison.difference(.p99) {
            tiles.append(("p99 added over the \(name)", "\(NumberText.fine(added.median)) ms"))
        }
        guard tiles.isEmpty else { return tiles }
        return Figure.allCases.compactMap { figure in
            comparison.relay(figure).map { (figure.words, figure.text($0.median)) }
        }
    }

    private var table: String {
        let rows = text.rows.enumerated().map { number, row in
            let tag = number == 0 ? "th" : "td"
            return "<tr>\(row.map { "<\(tag)>\(HTMLDocument.escape($0))</\(tag)>" }.joined())</tr>"
        }
        return "<table>\(rows.joined(separator: "\n"))</table>"
    }

    private var plots: String {
        let rounds = comparison.rounds
        let plots = Figure.allCases.compactMap { figure -> Plot? in
            let base = Self.points(rounds.map { $0.base?.figures[figure] })
            let relay = Self.points(rounds.map { $0.relay.figures[figure] })
            guard relay.contains(where: { $0.y != 0 }) else { return nil }
            var series = [Plot.Series(name: "relay", points: relay)]
            if !base.isEmpty { series.append(.init(name: comparison.plan.base.name, points: base)) }
            return Plot(
                title: figure.words,
                xTitle: "round",
                series: series,
                xMarks: rounds.indices.map { (Double($0 + 1), "\($0 + 1)") },
                yText: figure.text
            )
        }
        return plots.map(\.svg).joined(separator: "\n")
    }

    private static func points(_ values: [Double?]) -> [(x: Double, y: Double)] {
        values.enumerated().compactMap { index, value in value.map { (Double(index + 1), $0) } }
    }
}
