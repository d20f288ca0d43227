import CommandSupport
import FoundationEssentials

/// A whole run: its terms, what each fault did, and what is wrong with it.
struct ChaosReport {
    let terms: ChaosTerms
    let results: [FaultResult]
    /// Why the run ended before its last fault; nil if it didn't.
    let ending: String?
    let bars: [ChaosBar]

    /// What was found; empty if all held.
    var failures: [String] {
        let rows = FaultRow.rows(of: results)
        return results.enumerated().flatMap { index, result in
            result.findings.map { "fault \(index + 1), \(result.fault): \($0)" }
        } + bars.compactMap { $0.failure(in: rows) } + (ending.map { [$0] } ?? [])
    }

    /// For a terminal.
    var text: String {
        "\(terms.words)\n" + ChaosTable(results).text + failures.map { "found: \($0)\n" }.joined()
    }

    /// For documentation.
    var markdown: String {
        let verdict = failures.isEmpty ? "All held." : failures.map { "- \($0)" }.joined(separator: "\n")
        return "\(terms.words)\n\n\(ChaosTable(results).markdown)\n\(verdict)\n"
    }

    /// One JSON object.
    var json: String { Self.encode(JSON(self)) + "\n" }

    /// A value as one JSON object whose members are sorted, so that equal ones have equal texts.
    static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    private struct JSON: Encodable {
        struct Row: Encodable {
            var fault: String
            var runs: Int
            var stallSeconds: [String: Double]
            var notWell: Int
            var counts: [String: UInt64]
        }

        var kind = "chaos"
        var format = 1
        var version = Version.current
        var held: Bool
        var terms: ChaosTerms
        var rows: [Row]
        var failures: [String]
        var results: [FaultResult]

        init(_ report: ChaosReport) {
            held = report.failures.isEmpty
            terms = report.terms
            failures = report.failures
            results = report.results
            rows = FaultRow.rows(of: report.results).map { row in
                let stalls = row.stalls
                return Row(
                    fault: row.name,
                    runs: row.results.count,
                    stallSeconds: [
                        "min": stalls.least, "p50": stalls.median, "p99": stalls.p99, "max": stalls.most,
                    ],
                    notWell: row.troubles,
                    counts: [
                        "lost": row.sum(\.lost), "doubled": row.sum(\.doubled), "reordered": row.sum(\.reordered),
                        "holes": row.sum(\.holes), "falseGaps": row.sum(\.falseGaps), "gaps": row.sum(\.gaps),
                        "missed": row.sum(\.missed), "events": row.sum(\.events), "breaks": row.sum(\.breaks),
                    ]
                )
            }
        }
    }
}
