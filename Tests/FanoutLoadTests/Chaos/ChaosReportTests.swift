import TestSupport
import Testing

@testable import FanoutLoad

@Suite struct ChaosReportTests {
    static let terms = ChaosTerms(
        faults: "kill-leader=2",
        seed: 1,
        group: "3 relays",
        versions: ["1.0"],
        clients: 5,
        rate: 200,
        size: 200,
        arguments: []
    )

    static func report(_ results: [FaultResult], ending: String? = nil, bars: [String] = []) throws -> ChaosReport {
        ChaosReport(terms: terms, results: results, ending: ending, bars: try bars.map(ChaosBar.init))
    }

    @Test(arguments: [
        ("p99 <= 3s", nil), ("kill-leader.max<=2500ms", nil), ("kill-leader.p50 < 2s", "2.00 s at kill-leader"),
        ("hand-over.max <= 500ms", "it was not measured"), ("min > 1s", nil),
    ])
    func `a requirement on stalls holds or is a line`(bar: String, words: String?) throws {
        let failures = try Self.report([.sample(), .sample()], bars: [bar]).failures
        #expect(failures.count == (words == nil ? 0 : 1))
        #expect(words.map { failures.first?.contains($0) == true } ?? true)
    }

    @Test(arguments: ["", "p98 < 1s", "p99", "p99 < 1", "a.b.p99 < 1s", "A.p99 < 1s", ".p99 < 1s"])
    func `what is no requirement on stalls`(text: String) {
        #expect(throws: Requirement.Mistake.self) { try ChaosBar(text) }
    }

    @Test func `what was found is named with its fault, and so is an early end`() throws {
        let results: [FaultResult] = [.sample(), .sample(counts: .init(events: 1, lost: 4))]
        let report = try Self.report(results, ending: "a signal ended the run")
        #expect(report.failures == ["fault 2, kill-leader: lost untold: 4", "a signal ended the run"])
        #expect(report.text.hasSuffix("found: a signal ended the run\n"))
        #expect(report.markdown.hasSuffix("- a signal ended the run\n"))
        #expect(report.json.contains(#""held":false"#))
        #expect(ChaosPage(report: report).document.text.contains("lost untold: 4"))
        #expect(try Self.report([.sample()]).json.contains(#""held":true"#))
    }

    @Test func `a run goes on with what its file says, and with no other run's`() throws {
        let folder = TemporaryFolder()
        let state = ChaosState(path: folder.file("state"), terms: Self.terms)
        #expect(try state.read(at: 2).isEmpty)
        try state.write([.sample(stall: .seconds(1))])
        try state.write([.sample(stall: .seconds(1)), .sample(trouble: "no relay leads")])
        #expect(try state.read(at: 2).map(\.trouble) == [nil, "no relay leads"])
        #expect(throws: ChaosState.Failure.self) { try state.read(at: 1) }
        var terms = Self.terms
        terms.seed = 2
        #expect(throws: ChaosState.Failure.self) { try ChaosState(path: state.path, terms: terms).read(at: 2) }
        let other = folder.write("{}", to: "other")
        #expect(throws: ChaosState.Failure.self) { try ChaosState(path: other, terms: Self.terms).read(at: 2) }
    }

    @Test func `the line of a fault, and the bar of a terminal`() {
        let results = [FaultResult.sample()]
        let line = "1/4  kill-leader  stall 2.00 s  well after 2.00 s  gaps 0  missed 0"
        #expect(ChaosProgress(total: 4, isOnTerminal: false).line(results) == line + "\n")
        let bar = "\r[#####---------------] \(line)\u{1B}[K"
        #expect(ChaosProgress(total: 4, isOnTerminal: true).line(results) == bar)
    }
}
