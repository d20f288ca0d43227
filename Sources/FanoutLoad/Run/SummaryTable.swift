import CommandSupport

/// A summary as a table for people.
struct SummaryTable {
    private let summary: Summary

    init(_ summary: Summary) {
        self.summary = summary
    }

    /// The table; its last lines are the verdict.
    var text: String {
        let rows = connections + deliveries + latency + sequence + pings + events + processor
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { name, value in name + String(repeating: " ", count: width + 2 - name.count) + value }
        return ([title] + lines + verdict).joined(separator: "\n") + "\n"
    }

    private var title: String {
        let ramp = NumberText.decimal(summary.window?.ramp ?? 0)
        return "\(summary.terms.servers) (\(summary.terms.clientProtocol.rawValue)), "
            + (summary.runs > 1 ? "\(summary.runs) runs together, " : "")
            + "\(NumberText.decimal(summary.seconds)) s after a ramp of \(ramp) s"
    }

    private var connections: [(String, String)] {
        let plan = summary.terms
        var rows = [("connections asked", NumberText.grouped(plan.connections))]
        for (words, count) in [
            ("never read", plan.roles.neverReading), ("crawl", plan.roles.crawling), ("churn", plan.roles.churning),
        ] where count > 0 {
            rows.append(("  of which \(words)", NumberText.grouped(count)))
        }
        rows.append(("connections opened", NumberText.grouped(summary.opened)))
        if summary.reopened > 0 { rows.append(("connections reopened", NumberText.grouped(summary.reopened))) }
        rows += breakdown("connections refused", summary.refused)
        rows += breakdown("readers closed", summary.closed)
        if plan.roles.neverReading + plan.roles.crawling > 0 {
            rows += breakdown("slow ones closed", summary.closedSlow)
        }
        return rows
    }

    private var latency: [(String, String)] {
        guard let latency = summary.latency else { return [] }
        let values = [
            ("p50", latency.p50), ("p90", latency.p90), ("p99", latency.p99), ("p99.9", latency.p999),
            ("max", latency.max),
        ]
        let corrected = summary.terms.expectedInterval == nil ? "" : ", corrected"
        return [("latency\(corrected)", values.map { "\($0) \(NumberText.latency($1))" }.joined(separator: "  "))]
    }

    private var events: [(String, String)] {
        guard let made = summary.measured.made else { return [] }
        return [("events made", NumberText.grouped(made))]
    }

    private var deliveries: [(String, String)] {
        let each = summary.deliveries
        let spread = [each.first ?? 0, summary.median, each.last ?? 0].map { NumberText.grouped($0) }
        return [
            ("deliveries", NumberText.grouped(summary.counts.deliveries)),
            ("deliveries/s", NumberText.grouped(Int(summary.rate))),
            ("bytes", NumberText.grouped(summary.counts.bytes)),
            ("MB/s", NumberText.decimal(summary.megabytesPerSecond)),
            ("deliveries per reader", "min \(spread[0])  median \(spread[1])  max \(spread[2])\(fairness)"),
        ]
    }

    private var fairness: String {
        summary.fairness.map { "  fairness \(JSONText.number($0))" } ?? ""
    }

    private var sequence: [(String, String)] {
        let counts = summary.sequence
        var rows = [
            ("lost", NumberText.grouped(counts.lost)),
            ("duplicated", NumberText.grouped(counts.duplicated)),
            ("reordered", NumberText.grouped(counts.reordered)),
        ]
        guard [.plain, .sse].contains(summary.terms.clientProtocol) else { return rows }
        rows.append(("gaps told", "\(NumberText.grouped(counts.gaps)) (\(NumberText.grouped(counts.skipped)) skipped)"))
        rows.append(("restarts", NumberText.grouped(counts.restarts)))
        return rows
    }

    private var pings: [(String, String)] {
        guard summary.terms.pings else { return [] }
        let wrong = NumberText.grouped(summary.pings.wrong)
        let unanswered = NumberText.grouped(summary.unansweredPings)
        return [
            ("pings", NumberText.grouped(summary.pings.sent)),
            ("pongs", "\(NumberText.grouped(summary.pings.answered)) (\(wrong) wrong, \(unanswered) missing)"),
        ]
    }

    private var processor: [(String, String)] {
        let percent = { (share: Double) in "\(NumberText.decimal(share * 100)) %" }
        let total = percent(summary.userShare + summary.systemShare)
        let parts = "user \(percent(summary.userShare)), system \(percent(summary.systemShare))"
        let name = summary.runs > 1 ? "busiest run's own CPU" : "own CPU"
        return [(name, "\(total) of a core (\(parts))")] + server
    }

    private var server: [(String, String)] {
        var rows: [(String, String)] = []
        if let usage = summary.window?.server {
            let seconds = NumberText.fine(usage.processor / .seconds(1))
            let threads = usage.threads.prefix(6).map { "\($0.name) \(NumberText.fine($0.time / .seconds(1)))" }
            let list = threads.isEmpty ? "" : " (\(threads.joined(separator: ", ")))"
            rows.append(("server's CPU seconds", seconds + list))
        }
        if let cost = summary.serverCost { rows.append(("  for a million deliveries", NumberText.fine(cost))) }
        if let footprint = summary.measured.footprint {
            rows.append(
                ("  for each connection opened", "\(NumberText.decimal(footprint.handshake / .microseconds(1))) µs")
            )
            rows.append(("server's bytes for each connection", NumberText.grouped(Int(footprint.bytes))))
        }
        return rows
    }

    private var verdict: [String] {
        let notes = summary.notes.map { "note: \($0)" }
        let failures = summary.failures.map { "failed: \($0)" }
        return notes + (failures.isEmpty ? ["all held"] : failures)
    }

    private func breakdown(_ name: String, _ counts: [String: Int]) -> [(String, String)] {
        let total = NumberText.grouped(counts.values.reduce(0, +))
        return [(name, total)] + counts.sorted { $0.key < $1.key }.map { ("  \($0.key)", NumberText.grouped($0.value)) }
    }
}
