import Testing

@testable import FanoutLoad

@Suite struct FaultRowTests {
    @Test(arguments: [
        (1, [1.0, 1, 1, 1]), (2, [1, 1, 2, 2]), (3, [1, 2, 3, 3]), (99, [1, 50, 99, 99]), (100, [1, 50, 99, 100]),
        (200, [1, 100, 198, 200]),
    ])
    func `stalls of so many faults`(count: Int, stalls: [Double]) {
        let results = (1...count).shuffled().map { FaultResult.sample(stall: .seconds($0)) }
        let row = FaultRow.rows(of: results)[0].stalls
        #expect([row.least, row.median, row.p99, row.most] == stalls)
    }

    @Test func `a row for each fault with the sums of its results`() {
        let results: [FaultResult] = [
            .sample("b", counts: .init(events: 10, lost: 1, gaps: 3)), .sample("a"),
            .sample("b", counts: .init(events: 1500, lost: 2, gaps: 4), trouble: "no relay leads"),
        ]
        let rows = FaultRow.rows(of: results)
        #expect(rows.map(\.name) == ["b", "a"])
        let stalls = "2.00 / 2.00 / 2.00 / 2.00"
        #expect(rows[0].cells == ["b", "2", stalls, "–", "3", "0", "0", "0", "0", "7", "0", "1,510", "0", "1"])
    }

    @Test(arguments: [
        (FaultResult.sample(), []), (.sample(counts: .init(events: 5, gaps: 3, missed: 9)), []),
        (.sample(counts: .init(events: 5, lost: 2)), ["lost untold: 2"]),
        (.sample(counts: .init(events: 5, doubled: 1, reordered: 2)), ["doubled: 1", "reordered: 2"]),
        (.sample(counts: .init(events: 5, gaps: 3), mayTellGap: false), ["gaps where none may be: 3"]),
        (.sample(counts: .init(falseGaps: 3, gaps: 3)), ["false gaps: 3"]), (.sample(trouble: "none"), ["none"]),
    ])
    func `what is wrong with a result`(result: FaultResult, findings: [String]) {
        #expect(result.findings == findings)
    }

    @Test func `the table in three forms`() {
        let table = ChaosTable([.sample()])
        #expect(table.text.split(separator: "\n").count == 2)
        #expect(table.markdown.hasPrefix("| fault | runs |"))
        #expect(table.markdown.split(separator: "\n")[1].allSatisfy { "|- ".contains($0) })
        #expect(table.html.contains("<td>kill-leader</td>"))
    }
}
