import Testing

@testable import FanoutRelay

struct HistogramTests {
    private static let scale = Histogram.Scale.time(microseconds: [10, 1000, 2_000_000])

    private static func text(_ histograms: [Histogram]) -> String {
        let family = MetricFamily.histogram("time_seconds", "Some time.") { _ in histograms }
        var text = ""
        family.append(Statistics(topics: [], shards: 0), to: &text)
        return text
    }

    private static func samples(_ histograms: [Histogram]) throws -> [String: Double] {
        try Exposition(parsing: text(histograms)).samples
    }

    @Test func `a value belongs to the first bucket that it doesn't exceed, and to all larger ones`() throws {
        let histogram = Histogram(Self.scale)
        for nanoseconds in [0, 10_000, 10_001, 2_000_000_000, 2_000_000_001] { histogram.record(nanoseconds) }
        let samples = try Self.samples([histogram])
        #expect(samples[#"time_seconds_bucket{le="1e-05"}"#] == 2)
        #expect(samples[#"time_seconds_bucket{le="0.001"}"#] == 3)
        #expect(samples[#"time_seconds_bucket{le="2.0"}"#] == 4)
        #expect(samples[#"time_seconds_bucket{le="+Inf"}"#] == 5)
        #expect(samples["time_seconds_count"] == 5)
        #expect(samples["time_seconds_sum"] == 4.000020002)
    }

    @Test func `a value counts as often as it is told to`() {
        let histogram = Histogram(.numbers([1, 10]))
        histogram.record(3, count: 7)
        histogram.record(20)
        #expect(histogram.reading == Histogram.Reading(counts: [0, 7, 1], sum: 41))
    }

    @Test func `histograms of several threads are told as one`() throws {
        let histograms = [Histogram(Self.scale), Histogram(Self.scale)]
        histograms[0].record(.milliseconds(1))
        histograms[1].record(.seconds(1))
        let samples = try Self.samples(histograms)
        #expect(samples[#"time_seconds_bucket{le="0.001"}"#] == 1)
        #expect(samples["time_seconds_count"] == 2)
        #expect(samples["time_seconds_sum"] == 1.001)
    }

    @Test func `one that doesn't exist is left out`() { #expect(Self.text([]).isEmpty) }

    @Test func `a sum that is over begins anew, and the count goes on`() {
        let histogram = Histogram(.numbers([1]))
        for _ in 0..<2 { histogram.record(.max, count: 2) }
        #expect(histogram.reading == Histogram.Reading(counts: [0, 4], sum: UInt64(Int.max) &* 4))
    }

    @Test(
        arguments: [
            (Duration.zero, 0), (.nanoseconds(-1), 0), (.milliseconds(1), 1_000_000),
            (.seconds(Int64.max), UInt64(Int.max)), (.seconds(Int64.min), 0),
        ] as [(Duration, UInt64)]
    )
    func `durations are bounded`(time: Duration, sum: UInt64) {
        let histogram = Histogram(Self.scale)
        histogram.record(time)
        #expect(histogram.reading.sum == sum)
        #expect(histogram.reading.counts.reduce(0, +) == 1)
    }

    @Test func `every scale fits and ascends`() {
        for scale in [Histogram.Scale.latency, .sweep, .execution, .events, .bytes] {
            #expect(scale.bounds == scale.bounds.sorted())
            #expect(Set(scale.bounds).count == scale.bounds.count)
            #expect(scale.bounds.count <= Histogram.maximumBounds)
            // Each bound is told as another number.
            #expect(Set(scale.bounds.map { scale.text(of: $0) }).count == scale.bounds.count)
        }
    }
}
