import TestSupport
import Testing

@testable import FanoutLoad

@Suite struct MergeTests {
    /// A report as a run would have written it, with something of everything.
    static func summary(
        latency: LatencyRecorder = LatencyRecorder(key: nil),
        start: Int64 = 1_000_000_000,
        seconds: Double = 10,
        scale: UInt64 = 1,
        server: ServerProbe.Usage? = nil,
        footprint: Footprint? = nil,
        change: (inout LoadPlan) -> Void = { _ in }
    ) throws -> Summary {
        var plan = try LoadPlan.sample(connections: 10, neverReading: 1)
        plan.timestampKey = "at"
        change(&plan)
        var summary = Summary(
            plan: plan,
            links: [],
            window: WindowFigures(
                start: start,
                seconds: seconds,
                ramp: 0.5,
                deliveries: 40 * scale,
                rate: 4 * Double(scale),
                megabytesPerSecond: 0.5,
                userShare: 0.1 * Double(scale),
                systemShare: 0.2,
                server: server
            ),
            measured: .init(latency: latency.latencies, footprint: footprint, made: 5, throttled: 1),
            wasInterrupted: false
        )
        summary.opened = 9
        summary.reopened = 2
        summary.refused = ["timeout": 1]
        summary.closedSlow = ["1013": Int(scale)]
        summary.counts = .init(bytes: 1000 * scale, deliveries: 50 * scale, completions: 3)
        summary.sequence = .init(lost: 7 * scale, duplicated: 1, reordered: 2, gaps: 3, skipped: 4, restarts: 5)
        summary.deliveries = [4, 4, 5 * scale].sorted()
        summary.pings = .init(sent: 9, answered: 6, wrong: 1)
        return summary
    }

    static func file(_ name: String, _ summary: Summary) throws(ReportFile.Failure) -> ReportFile {
        try ReportFile(name: name, text: Array(SummaryJSON(summary).text.utf8))
    }

    static func merge(_ summaries: Summary..., requirements: [Requirement] = []) throws -> Summary {
        let files = try zip(["a", "b", "c", "d"], summaries).map { name, summary in try file(name, summary) }
        return try Summary(merging: files, requirements: requirements)
    }

    @Test(arguments: [UInt64?.none, 100_000])
    func `merged latencies are those of all deliveries`(expected: UInt64?) throws {
        var generator = SplitMix(seed: 7)
        var parts: [[Int64]] = [[], [], [0, 0, 600_000_000]]
        for _ in 0..<3000 {
            // From a few microseconds to minutes, differently in each part.
            let part = Int.random(in: 0..<3, using: &generator)
            let most: Int64 = 10 << Int64.random(in: 0...Int64(9 * part + 4), using: &generator)
            parts[part].append(Int64.random(in: 0...most, using: &generator))
        }
        let recorders = parts.map { LatencyTests.recorder($0, expected: expected) }
        let all = LatencyTests.recorder(parts.flatMap(\.self), expected: expected).latencies
        let merged = try Self.merge(
            try Self.summary(latency: recorders[0], start: 1),
            try Self.summary(latency: recorders[1], start: 2),
            try Self.summary(latency: recorders[2], start: 3)
        )
        let latencies = merged.measured.latency
        #expect(latencies.buckets == all.buckets)
        #expect(latencies.buckets.count > 500)
        #expect(latencies.max == all.max)
        #expect(merged.latency == all.percentiles)
        let percents = [0.1, 1, 25, 50, 75, 99, 99.9, 99.99, 100]
        #expect(latencies.curve(percents) == all.curve(percents))
        #expect(latencies.timed == 3003)
        #expect(all.timed == 3003)
    }

    @Test func `what a run wrote is read as it was`() throws {
        let latency = LatencyTests.recorder([3, 70_123, 70_124, 5])
        let summary = try Self.summary(latency: latency)
        let text = SummaryJSON(summary).text
        let read = try ReportFile(name: "a", text: Array(text.utf8)).summary
        #expect(SummaryJSON(read).text == text)
        #expect(read.terms == summary.terms)
        #expect(summary.latency?.max == 70_124)
    }

    @Test func `counts and rates are sums, durations the longest, and readers those of all`() throws {
        let merged = try Self.merge(
            try Self.summary(),
            try Self.summary(start: 1_000_400_000, seconds: 9.5, scale: 3)
        )
        let window = try #require(merged.window)
        #expect(merged.runs == 2)
        #expect(merged.terms.connections == 20)
        #expect(merged.terms.roles == Roles(neverReading: 2))
        #expect(merged.terms.servers == "ws://127.0.0.1/topics/tick")
        #expect([merged.opened, merged.reopened] == [18, 4])
        #expect([merged.refused, merged.closed, merged.closedSlow] == [["timeout": 2], [:], ["1013": 4]])
        #expect([merged.counts.bytes, merged.counts.deliveries, merged.counts.completions] == [4000, 200, 6])
        #expect(
            merged.sequence == .init(lost: 28, duplicated: 2, reordered: 4, gaps: 6, skipped: 8, restarts: 10)
        )
        #expect(merged.deliveries == [4, 4, 4, 4, 5, 15])
        #expect([merged.pings.sent, merged.unansweredPings] == [18, 4])
        #expect([merged.measured.made, merged.measured.throttled] == [10, 2])
        #expect([window.deliveries, UInt64(window.start)] == [160, 1_000_000_000])
        #expect([window.seconds, window.ramp, window.rate, window.megabytesPerSecond] == [10, 0.5, 16, 1])
        // The second one was the busier.
        #expect(abs(merged.userShare - 0.3) < 1e-9)
        #expect(!merged.notes.contains { $0.hasPrefix("the runs") })
        #expect(SummaryTable(merged).text.contains("2 runs together"))
        #expect(SummaryJSON(merged).text.contains(#""kind":"merge","format":1,"runs":2"#))
        #expect(Page(merged).document.text.contains("Deliveries for each reader"))
        #expect(!Page(merged).document.text.contains("Nothing to draw"))
    }

    @Test(
        arguments: [
            ("lost == 0", "required lost == 0, but it is 28"),
            ("deliveries > 200", "required deliveries > 200, but it is 200"),
            ("rate >= 17", "required rate >= 17, but it is 16"), ("fewest >= 5", "required fewest >= 5, but it is 4"),
            ("cpu < 50%", "required cpu < 50%, but it is 50.0%"),
            ("max <= 9us", "required max <= 9us, but it is 10 µs"),
            ("lost == 28", nil), ("deliveries == 200", nil), ("rate >= 16", nil), ("max < 11us", nil),
            ("p50 < 3us", nil),
        ] as [(String, String?)]
    ) func `requirements are asked of the whole`(text: String, failure: String?) throws {
        let own = try Requirement("lost == 99")
        let merged = try Self.merge(
            try Self.summary(latency: LatencyTests.recorder([1, 2, 2])) { $0.requirements = [own] },
            try Self.summary(latency: LatencyTests.recorder([1, 10]), start: 5, scale: 3),
            requirements: [try Requirement(text)]
        )
        #expect(merged.failures.filter { $0.hasPrefix("required") } == [failure].compactMap(\.self))
        #expect(merged.failures.contains("28 events lost") == !text.hasPrefix("lost"))
    }

    @Test(
        arguments: [
            (0.9, 10, nil), (1.5, 10, "the runs began to receive 1.5 s apart, b last"),
            (12, 10, "the runs did not overlap: b began to receive 2.0 s after a had ended"),
            (0, 8, "the runs received for 8.0 s to 10.0 s"), (-9, 10, "the runs began to receive 9.0 s apart, a last"),
            (-3600, 10, "the runs did not overlap: a began to receive 3,590.0 s after b had ended"),
        ] as [(Double, Double, String?)]
    )
    func `runs at different times are noted with how far they are apart`(
        later: Double,
        seconds: Double,
        words: String?
    ) throws {
        let start: Int64 = 1_764_000_000_000_000
        let merged = try Self.merge(
            try Self.summary(start: start),
            try Self.summary(start: start + Int64(later * 1e6) + 1, seconds: seconds)
        )
        let notes = merged.notes.filter { $0.hasPrefix("the runs") }
        #expect(notes.count == (words == nil ? 0 : 1))
        #expect(notes.first?.hasPrefix(words ?? "") != false, "\(notes)")
    }

    @Test func `a run that never received adds nothing to rates, and says so`() throws {
        var never = try Self.summary()
        never.window = nil
        let merged = try Self.merge(try Self.summary(), never)
        #expect(merged.rate == 4)
        #expect(merged.notes.contains("the run of b ended before its connections were open: it adds no rates"))
        #expect(try Self.merge(never, never).window == nil)
    }
}
