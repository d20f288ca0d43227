/// A summary as a table for people.
struct SummaryTable {
    private let summary: Summary

    init(_ summary: Summary) {
        self.summary = summary
    }

    /// The table, with the verdict in its last lines.
    var text: String {
        let rows = connections + deliveries + sequence + pings + processor
        let width = rows.map(\.0.count).max() ?? 0
        let lines = rows.map { name, value in name + String(repeating: " ", count: width + 2 - name.count) + value }
        return ([title] + lines + verdict).joined(separator: "\n") + "\n"
    }

    private var title: String {
        let ramp = NumberText.decimal((summary.window?.ramp ?? .zero) / .seconds(1))
        return "\(summary.plan.endpoint.text) (\(summary.plan.clientProtocol.rawValue)), "
            + "\(NumberText.decimal(summary.seconds)) s after a ramp of \(ramp) s"
    }

    private var connections: [(String, String)] {
        let plan = summary.plan
        var rows = [("connections asked", NumberText.grouped(plan.connections))]
        if plan.neverReading > 0 { rows.append(("  of which never read", NumberText.grouped(plan.neverReading))) }
        rows.append(("connections opened", NumberText.grouped(summary.opened)))
        rows += breakdown("connections refused", summary.refused)
        rows += breakdown("readers closed", summary.closed)
        if plan.neverReading > 0 { rows += breakdown("never-reading closed", summary.closedNeverReading) }
        return rows
    }

    private var deliveries: [(String, String)] {
        let each = summary.deliveries
        let spread = [each.first ?? 0, summary.median, each.last ?? 0].map { NumberText.grouped($0) }
        return [
            ("deliveries", NumberText.grouped(summary.counts.deliveries)),
            ("deliveries/s", NumberText.grouped(Int(summary.rate))),
            ("bytes", NumberText.grouped(summary.counts.bytes)),
            ("MB/s", NumberText.decimal(summary.megabytesPerSecond)),
            ("deliveries per reader", "min \(spread[0])  median \(spread[1])  max \(spread[2])"),
        ]
    }

    private var sequence: [(String, String)] {
        let counts = summary.sequence
        var rows = [
            ("lost", NumberText.grouped(counts.lost)),
            ("duplicated", NumberText.grouped(counts.duplicated)),
            ("reordered", NumberText.grouped(counts.reordered)),
        ]
        guard summary.plan.clientProtocol == .plain else { return rows }
        rows.append(("gaps told", "\(NumberText.grouped(counts.gaps)) (\(NumberText.grouped(counts.skipped)) skipped)"))
        rows.append(("restarts", NumberText.grouped(counts.restarts)))
        return rows
    }

    private var pings: [(String, String)] {
        guard summary.plan.pingInterval != nil else { return [] }
        let wrong = NumberText.grouped(summary.wrongPongs)
        let unanswered = NumberText.grouped(summary.unansweredPings)
        return [
            ("pings", NumberText.grouped(summary.pings)),
            ("pongs", "\(NumberText.grouped(summary.pongs)) (\(wrong) wrong, \(unanswered) missing)"),
        ]
    }

    private var processor: [(String, String)] {
        let percent = { (share: Double) in "\(NumberText.decimal(share * 100)) %" }
        let total = percent(summary.userShare + summary.systemShare)
        return [
            (
                "own CPU",
                "\(total) of a core (user \(percent(summary.userShare)), system \(percent(summary.systemShare)))"
            )
        ]
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
