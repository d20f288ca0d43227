import AllowedDocuments
import Testing
import WebSockets

@testable import FanoutRelay

/// The page on the metrics has each of them, and nothing else.
struct MetricsPageTests {
    private static let path = "Sources/FanoutRelay/FanoutRelay.docc/Metrics.md"

    /// What the page says of each metric.
    private static func rows() throws -> [(name: String, text: String)] {
        try SourceText(path).lines.compactMap { line in
            let cells = line.split(separator: "|", maxSplits: 1)
            guard line.hasPrefix("| `"), cells.count == 2 else { return nil }
            let name = cells[0].filter { $0 != "`" && $0 != " " }
            return name.hasPrefix("fanout_") || name.hasPrefix("process_") ? (name, String(cells[1])) : nil
        }
    }

    @Test func `each metric has one row`() throws {
        let names = try Self.rows().map(\.name)
        #expect(Set(names).count == names.count)
        let families = Metrics.families.map(\.name)
        #expect(Set(families).count == families.count)
        #expect(Set(names).subtracting(families) == [])
        #expect(Set(families).subtracting(names) == [])
    }

    @Test func `a row says of a histogram that it is one`() throws {
        let kinds = Dictionary(uniqueKeysWithValues: Metrics.families.map { ($0.name, $0.kind) })
        for (name, text) in try Self.rows() {
            #expect(text.hasPrefix(" Histogram of") == (kinds[name] == .histogram), "\(name)")
        }
    }

    @Test func `a row names all values of its label`() throws {
        let rows = Dictionary(uniqueKeysWithValues: try Self.rows().map { ($0.name, $0.text) })
        let values = [
            "fanout_protocol_clients": ClientProtocol.allCases.map(\.rawValue),
            "fanout_client_limits_total": ClientLimit.allCases.map(\.rawValue),
            "fanout_bodies_refused_total": BodyRefusal.allCases.map(\.rawValue),
            "fanout_connections_refused_total": Listener.Refusal.allCases.map(\.rawValue),
            "fanout_documents_refused_total": DocumentRefusal.Reason.allCases.map(\.rawValue),
            "fanout_client_certificates_refused_total": WebSocketServer.CertificateRefusal.allCases.map(\.rawValue),
            "fanout_forwarded_requests_total": ForwardedOrigin.allCases.map(\.rawValue),
            "fanout_auth_hook_calls_total": HookStatistics.labels,
            "fanout_jwks_fetches_total": KeySetStatistics.Outcome.allCases.map(\.rawValue),
        ]
        for (name, values) in values {
            let text = try #require(rows[name])
            for value in values { #expect(text.contains("`\(value)`"), "\(name) \(value)") }
        }
    }

    @Test func `the page tells how many values each label has`() throws {
        let statistics = Statistics(topics: ["t"], shards: 1)
        let labels = Metrics.families.flatMap { $0.samples(statistics) ?? [] }.flatMap(\.labels).map(\.name)
        let table = try SourceText(Self.path).lines.drop { !$0.hasPrefix("## Cardinality") }.dropFirst()
            .prefix { !$0.hasPrefix("## ") }
        for label in Set(labels) { #expect(table.contains { $0.contains("`\(label)`") }, "\(label)") }
    }
}
