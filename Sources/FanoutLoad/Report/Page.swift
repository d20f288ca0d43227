import CommandSupport
import Glibc

/// A run as one self-contained page: verdict, figures, and plots of throughput and latency.
struct Page {
    private let summary: Summary

    init(_ summary: Summary) {
        self.summary = summary
    }

    /// The page.
    var document: HTMLDocument {
        HTMLDocument(
            title: summary.terms.servers,
            body: """
                \(HTMLDocument.verdict(summary.failures))
                \(limit)
                \(HTMLDocument.tiles(tiles))
                \(plots)
                <h2>All figures</h2>
                <pre>\(HTMLDocument.escape(SummaryTable(summary).text))</pre>
                """
        )
    }

    private var limit: String {
        let share = "\(NumberText.decimal((summary.userShare + summary.systemShare) * 100)) % of a core"
        let tool = summary.runs > 1 ? "tool's busiest process" : "tool"
        return summary.isLimitedByTool
            ? "<p class=\"failed\">The \(tool) itself limited this run: it used \(share). The server can do more.</p>"
            : "<p>The \(tool) used \(share): it did not limit the run.</p>"
    }

    private var tiles: [(name: String, value: String)] {
        var tiles = [
            ("connections", NumberText.grouped(summary.opened)),
            ("deliveries/s", NumberText.grouped(Int(summary.rate))),
            ("lost", NumberText.grouped(summary.sequence.lost)),
        ]
        if let latency = summary.latency {
            tiles += [("p50", NumberText.latency(latency.p50)), ("p99", NumberText.latency(latency.p99))]
            tiles += [("max", NumberText.latency(latency.max))]
        }
        if let fairness = summary.fairness { tiles.append(("fairness", JSONText.number(fairness))) }
        return tiles
    }

    private var plots: String {
        var plots = summary.runs > 1 ? [] : timeline
        if summary.latency != nil { plots.append(distribution) }
        let each = summary.deliveries
        if each.count > 1 {
            let step = max(1, each.count / 400)
            let points = stride(from: 0, to: each.count, by: step).map { index in
                (Double(index) / Double(each.count - 1) * 100, Double(each[index]))
            }
            plots.append(
                Plot(
                    title: "Deliveries for each reader, fewest first",
                    xTitle: "% of the readers",
                    series: [.init(name: "deliveries", points: points)],
                    yText: { NumberText.grouped(Int($0)) }
                )
            )
        }
        return plots.map(\.svg).joined(separator: "\n")
    }

    /// What became of the run second by second, which is known of each run alone.
    private var timeline: [Plot] {
        let samples = summary.measured.samples
        let rates = Plot(
            title: "Deliveries a second",
            xTitle: "seconds",
            series: [.init(name: "deliveries/s", points: samples.map { ($0.time, $0.deliveries) })],
            yText: { NumberText.grouped(Int($0)) }
        )
        guard summary.latency != nil else { return [rates] }
        let series = { (name: String, value: (Percentiles) -> UInt64) in
            Plot.Series(
                name: name,
                points: samples.compactMap { sample in sample.latency.map { (sample.time, Double(value($0))) } }
            )
        }
        let latencies = Plot(
            title: "Latency, second by second",
            xTitle: "seconds",
            series: [series("p50", \.p50), series("p99", \.p99), series("max", \.max)],
            isLogarithmic: true,
            yText: { NumberText.latency(UInt64($0)) }
        )
        return [rates, latencies]
    }

    /// Latency over percentile; each further nine takes the same width.
    private var distribution: Plot {
        let nines = stride(from: 0.0, through: 4.0, by: 0.05).map { $0 }
        let percents = nines.map { 100 * (1 - Self.power(10, -$0)) }
        let values = summary.measured.latency.curve(percents)
        return Plot(
            title: "Latency by percentile",
            xTitle: "percentile",
            series: [.init(name: "latency", points: zip(nines, values).map { ($0, Double($1)) })],
            isLogarithmic: true,
            xMarks: [(0, "0 %"), (1, "90 %"), (2, "99 %"), (3, "99.9 %"), (4, "99.99 %")],
            yText: { NumberText.latency(UInt64($0)) }
        )
    }

    private static func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
}
