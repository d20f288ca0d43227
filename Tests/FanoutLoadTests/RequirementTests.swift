import Testing

@testable import FanoutLoad

@Suite struct RequirementTests {
    @Test(arguments: [
        ("p99 < 50ms", 49_999.0, 50_000.0), ("p99.9<=1.5s", 1_500_000, 1_500_001), ("max < 300us", 299, 300),
        ("lost == 0", 0, 1), ("rate >= 1000", 1000, 999), ("fairness > 0.99", 0.995, 0.99), ("cpu < 90%", 0.89, 0.9),
        ("  gaps  !=  3  ", 2, 3), ("mean<5 ms", 4999, 5000),
    ])
    func `a requirement holds or doesn't`(text: String, holding: Double, failing: Double) throws {
        let requirement = try Requirement(text)
        #expect(requirement.holds(holding))
        #expect(!requirement.holds(failing))
    }

    @Test(arguments: [
        ("p98 < 5ms", "allowed: p50 p90 p99"), ("", "allowed: p50"), ("lost", "allowed: < <= >"),
        ("lost = 0", "allowed: < <= >"), ("lost == x", "allowed: digits"), ("lost == 5ms", "allowed: digits"),
        ("p99 < 50", "allowed: like 500us"), ("p99 < .5ms", "allowed: like"), ("p99 < 5m", "allowed: like"),
        ("cpu < 50", "allowed: like 90%"), ("lost == ", "allowed: digits"), ("lost == 1.2.3", "allowed: digits"),
    ])
    func `a mistake is answered with what is allowed there`(text: String, words: String) {
        let mistake = #expect(throws: Requirement.Mistake.self) { try Requirement(text) }
        #expect(mistake?.description.contains(words) == true)
    }

    @Test func `each requirement that fails is a line`() throws {
        let requirements = [
            try Requirement("lost < 2"), try Requirement("p99 < 1ms"), try Requirement("deliveries > 5"),
        ]
        let summary = try SummaryTests.summary(
            [SummaryTests.event(1), SummaryTests.event(3)],
            requirements: requirements
        )
        #expect(summary.failures.count == 2)
        #expect(summary.failures[0].hasPrefix("required p99 < 1ms, but no latency was measured"))
        #expect(summary.failures[1] == "required deliveries > 5, but it is 2")
    }

    @Test func `a requirement takes the place of the rule for its figure only`() throws {
        let summary = try SummaryTests.summary(
            [SummaryTests.event(1), SummaryTests.event(3), SummaryTests.event(3)],
            requirements: [try Requirement("lost == 1")]
        )
        #expect(summary.failures == ["1 events duplicated"])
    }
}
