import Glibc

/// A run as one self-contained page: verdict, figures, and plots of throughput and latency.
struct Page {
    private let summary: Summary

    init(_ summary: Summary) {
        self.summary = summary
    }

    /// Writes the page to a file.
    func write(to path: String) throws(SystemError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError(call: "open \(path)", code: errno) }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemError(call: "write \(path)", code: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// The page.
    var text: String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>fanout-load: \(Self.escape(summary.plan.endpoint.text))</title>
        <style>\(Self.style)</style>
        <h1>\(Self.escape(summary.plan.endpoint.text))</h1>
        <p class="\(summary.failures.isEmpty ? "held" : "failed")">\(verdict)</p>
        \(limit)
        <div class="tiles">\(tiles)</div>
        \(plots)
        <h2>All figures</h2>
        <pre>\(Self.escape(SummaryTable(summary).text))</pre>
        </html>

        """
    }

    private var verdict: String {
        summary.failures.isEmpty ? "All held." : summary.failures.map(Self.escape).joined(separator: "<br>")
    }

    private var limit: String {
        let share = "\(NumberText.decimal((summary.userShare + summary.systemShare) * 100)) % of a core"
        return summary.isLimitedByTool
            ? "<p class=\"failed\">The tool itself limited this run: it used \(share). The server can do more.</p>"
            : "<p>The tool used \(share): it did not limit the run.</p>"
    }

    private var tiles: String {
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
        return tiles.map { "<div><b>\($0.1)</b>\($0.0)</div>" }.joined()
    }

    private var plots: String {
        let samples = summary.measured.samples
        var plots = [
            Plot(
                title: "Deliveries a second",
                xTitle: "seconds",
                series: [.init(name: "deliveries/s", points: samples.map { ($0.time, $0.deliveries) })],
                yText: { NumberText.grouped(Int($0)) }
            )
        ]
        if summary.latency != nil {
            let series = { (name: String, value: (Percentiles) -> UInt64) in
                Plot.Series(
                    name: name,
                    points: samples.compactMap { sample in sample.latency.map { (sample.time, Double(value($0))) } }
                )
            }
            plots.append(
                Plot(
                    title: "Latency, second by second",
                    xTitle: "seconds",
                    series: [series("p50", \.p50), series("p99", \.p99), series("max", \.max)],
                    isLogarithmic: true,
                    yText: { NumberText.latency(UInt64($0)) }
                )
            )
            plots.append(distribution)
        }
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

    /// Latency over percentile, with each nine as wide as the one before.
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

    /// Text for HTML.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
        h1{font-size:1.3rem;word-break:break-all}h2{font-size:1.1rem;margin-top:2rem}
        .held{color:#18703c}.failed{color:#b3261e}.held,.failed{font-weight:600}
        .tiles{display:flex;flex-wrap:wrap;gap:.6rem}
        .tiles div{background:#f2f4f7;border-radius:.5rem;padding:.5rem .9rem;color:#5a6472;font-size:.85rem}
        .tiles b{display:block;color:#1c2430;font-size:1.15rem;font-variant-numeric:tabular-nums}
        figure{margin:1.5rem 0}figcaption{font-weight:600;margin-bottom:.3rem}
        svg{width:100%;height:auto;font:12px system-ui,sans-serif}
        svg .grid{stroke:#dfe3e8}svg text{fill:#5a6472}
        svg polyline{fill:none;stroke-width:2;stroke-linejoin:round}
        .s0{stroke:#2563eb}.s1{stroke:#c2410c}.s2{stroke:#7c3aed}text.s0{fill:#2563eb;stroke:none}
        text.s1{fill:#c2410c;stroke:none}text.s2{fill:#7c3aed;stroke:none}circle.s0{fill:#2563eb}
        circle.s1{fill:#c2410c}circle.s2{fill:#7c3aed}
        pre{background:#f2f4f7;border-radius:.5rem;padding:1rem;overflow-x:auto;font-size:.85rem}
        @media(prefers-color-scheme:dark){body{background:#12161c;color:#e6e9ee}.tiles div,pre{background:#1d232c}
        .tiles b{color:#e6e9ee}.tiles div,svg text{color:#9aa5b3;fill:#9aa5b3}svg .grid{stroke:#2c343f}
        .held{color:#4ade80}.failed{color:#f87171}}
        """
}
