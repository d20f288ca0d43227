import Testing

@testable import FanoutLoad

@Suite struct ReportTests {
    @Test(arguments: [
        ([3.0, 1, 2], 2.0, 1.0, 3.0), ([4, 1], 2.5, 1, 4), ([7], 7, 7, 7),
    ])
    func `a spread is the middle and the ends`(values: [Double], median: Double, least: Double, most: Double) throws {
        let spread = try #require(Spread(values))
        #expect(spread.median == median)
        #expect(spread.least == least)
        #expect(spread.most == most)
        #expect(Spread([]) == nil)
    }

    @Test(arguments: [(0.3, 0.5), (1, 1), (1.2, 2), (4100, 5000), (70_000, 100_000), (0, 1), (.infinity, 1)])
    func `steps are round`(value: Double, step: Double) {
        #expect(Plot.Scale.roundStep(value) == step)
    }

    @Test(arguments: [(0.0, 0.0), (5_000_000, 0), (3, 1), (1e12, 7)])
    func `a scale holds all values between its ends`(top: Double, least: Double) {
        for isLogarithmic in [false, true] {
            let scale = Plot.Scale(top: top, least: least, isLogarithmic: isLogarithmic)
            #expect((0...1).contains(scale.share(of: top)))
            #expect((0...1).contains(scale.share(of: least)))
            #expect(scale.marks.count >= 2)
            #expect(scale.marks.count <= 20)
            #expect(scale.marks.allSatisfy { (-0.01...1.01).contains(scale.share(of: $0)) })
        }
    }

    @Test func `a plot of nothing says so, and one of points draws them`() {
        let empty = Plot(title: "A<b", xTitle: "x", series: [], yText: { "\($0)" })
        #expect(empty.svg.contains("A&lt;b"))
        #expect(empty.svg.contains("Nothing to draw"))
        let points = [(x: 1.0, y: 5.0), (x: 2.0, y: 5.0), (x: 3.0, y: .nan)]
        let lines = ["p50", "p99"].map { Plot.Series(name: $0, points: points) }
        let svg = Plot(title: "A", xTitle: "x", series: lines, yText: { "\($0)" }).svg
        #expect(svg.components(of: "<polyline") == 2)
        #expect(svg.contains(">p99</text>"))
        #expect(!svg.contains("nan"))
    }

    @Test func `a page escapes what came from outside, and says who limited the run`() throws {
        let summary = try SummaryTests.summary([#"{"type":"error","payload":"<script>"}"#])
        let text = Page(summary).document.text
        #expect(!text.contains("<script>"))
        #expect(text.contains("it did not limit the run"))
        #expect(text.contains("1 operations failed"))
    }

    static func measurement(_ deliveries: [String]) throws -> Measurement {
        var measurement = Measurement()
        let summary = try SummaryTests.summary(deliveries)
        measurement.note(paced: summary)
        measurement.note(saturated: summary)
        return measurement
    }

    @Test func `a comparison names the round and the side of what did not hold`() throws {
        let endpoint = try LoadPlan.sample()
        let plan = ComparisonPlan(
            relay: "relay",
            relayArguments: [],
            clientProtocol: endpoint.clientProtocol,
            connections: 1,
            runs: 2,
            duration: .seconds(1),
            rate: 1,
            burst: 1,
            inFlight: 1,
            size: 200,
            serverProcessor: nil,
            clientProcessor: nil,
            sources: []
        )
        var comparison = Comparison(plan)
        let good = try Self.measurement([SummaryTests.event(1)])
        let bad = try Self.measurement([SummaryTests.event(1), SummaryTests.event(3)])
        comparison.add(.init(base: good, relay: bad))
        #expect(comparison.failures == ["round 1, relay: 1 events lost", "round 1, relay: 1 events lost"])
        #expect(comparison.notes.contains("interrupted after 1 of 2 rounds"))
        #expect(comparison.ratio(.cost) == nil)
        #expect(ComparisonText(comparison).json.hasPrefix(#"{"held":false,"connections":1,"#))
        #expect(ComparisonText(comparison).table.contains("failed: round 1, relay"))
    }
}

extension String {
    /// How often a text occurs in this one.
    fileprivate func components(of text: String) -> Int {
        indices.count { self[$0...].hasPrefix(text) }
    }
}
