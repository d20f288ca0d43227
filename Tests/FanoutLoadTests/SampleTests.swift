import Testing

@testable import FanoutLoad

@Suite struct SampleTests {
    static func sample(_ second: Int, p99: UInt64? = nil) -> Sample {
        let latency = p99.map { Percentiles(p50: 1, p90: 2, p99: $0, p999: $0, max: $0, mean: 1.5) }
        return Sample(time: Double(second), deliveries: Double(second), megabytes: 1, latency: latency)
    }

    @Test func `an hour's samples stay as they are`() {
        var series = SampleSeries()
        for second in 1..<SampleSeries.limit { series.append(Self.sample(second)) }
        #expect(series.samples.count == SampleSeries.limit - 1)
        #expect(series.samples.last == Self.sample(SampleSeries.limit - 1))
    }

    @Test func `a day's samples are bounded, even, and lose no peak`() throws {
        var series = SampleSeries()
        for second in 1...86_400 { series.append(Self.sample(second, p99: second == 50_001 ? 999 : 5)) }
        #expect(series.samples.count < SampleSeries.limit)
        #expect(series.samples.count > SampleSeries.limit / 4)
        let times = series.samples.map(\.time)
        let steps = Set(zip(times, times.dropFirst()).map { $1 - $0 })
        #expect(steps == [32])
        #expect(series.samples.count { $0.latency?.p99 == 999 } == 1)
        // Rates are the mean of the seconds, which are consecutive here.
        let first = try #require(series.samples.first)
        #expect(abs(first.deliveries - (first.time - 15.5)) < 0.001)
    }

    @Test func `a line of samples is an object with null for what wasn't measured`() {
        let line = SampleLine(Self.sample(3), Totals([])).text
        #expect(line.hasPrefix(#"{"seconds":3.0,"open":0,"deliveriesPerSecond":3.0,"#))
        #expect(line.contains(#""latencyMilliseconds":null"#))
        #expect(line.hasSuffix("}\n"))
        #expect(SampleLine(Self.sample(3, p99: 4500), Totals([])).text.contains(#""p99":4.5"#))
    }

    @Test func `a terminal sees a bar in one line, and a log whole lines`() {
        let start = ContinuousClock.now
        let rates = Progress.Rates(deliveries: 5, megabytes: 1)
        let later = start + .seconds(2)
        let shown = Progress(start: start, isOnTerminal: true)
            .line(Totals([]), rates, nil, done: ("receiving", 0.5), now: later)
        #expect(shown.hasPrefix("\r[##########----------] receiving  2s  open 0"))
        #expect(!shown.contains("\n"))
        let logged = Progress(start: start, isOnTerminal: false)
            .line(Totals([]), rates, nil, done: ("receiving", 0.5), now: later)
        #expect(logged.hasPrefix("2s  open 0"))
        #expect(logged.hasSuffix("\n"))
    }
}
