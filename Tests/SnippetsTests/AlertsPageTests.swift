import Testing

/// The page for operators has each alert of the rules, and nothing else.
struct AlertsPageTests {
    /// The severity of each alert in the rules.
    private static func rules() throws -> [String: String] {
        var severities: [String: String] = [:]
        var alert: String?
        for line in try SourceText("deploy/monitoring/rules.yaml").lines {
            if let range = line.firstRange(of: "- alert: ") { alert = String(line[range.upperBound...]) }
            if let range = line.firstRange(of: "severity: "), let name = alert.take() {
                severities[name] = String(line[range.upperBound...].prefix { $0 != "}" })
            }
        }
        return severities
    }

    @Test func `each alert has one row with its severity`() throws {
        let lines = try SourceText("Sources/FanoutRelay/FanoutRelay.docc/Operate.md").lines
        let rows = lines.filter { $0.hasPrefix("| `Fanout") }.map { line in
            line.split(separator: "|").prefix(2).map { $0.filter { $0 != "`" && $0 != " " } }
        }
        let rules = try Self.rules()
        #expect(rules.count > 15)
        #expect(rows.count == rules.count)
        for row in rows { #expect(rules[row[0]] == row[1], "\(row[0])") }
    }
}
