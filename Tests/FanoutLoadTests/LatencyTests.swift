import Testing

@testable import FanoutLoad

@Suite struct LatencyTests {
    @Test(
        arguments: [
            ("1764000000000", 1_764_000_000_000_000), ("1764000000000.5", 1_764_000_000_000_500),
            ("1.234567", 1234), ("0", 0), ("0.001", 1), ("999999999999999", 999_999_999_999_999_000),
            ("1234567890123456", nil), ("1.", nil), (".5", nil), ("-1", nil), ("1e3", nil), ("", nil), ("1.2.3", nil),
            ("\"1\"", nil),
        ] as [(String, Int64?)]
    )
    func `milliseconds are read to the microsecond`(text: String, expected: Int64?) {
        #expect(MillisecondText.microseconds(Array(text.utf8).span) == expected)
    }

    @Test func `the time is found wherever it moves to`() {
        var search = TimestampSearch(name: "at")
        for (text, expected) in [
            (#"{"n":9,"at":5.001}"#, 5001), (#"{"n":10,"at":6}"#, 6000), (#"{"at":7}"#, 7000),
            (#"{"x":"\"at\":1","at":8 }"#, 8000), (#"{"at":"x","y":{"at":9}}"#, 9000), (#"{"n":1}"#, nil), ("", nil),
            (#"{"at":1"#, nil),
        ] as [(String, Int64?)] {
            #expect(search.microseconds(in: Array(text.utf8).span) == expected)
        }
    }

    static func recorder(_ latencies: [Int64], expected: UInt64? = nil) -> LatencyRecorder {
        var recorder = LatencyRecorder(key: "at", expectedInterval: expected)
        for latency in latencies {
            let time = recorder.time(in: Array(#"{"at":1000}"#.utf8).span)
            recorder.record(time, now: 1_000_000 + latency)
        }
        return recorder
    }

    @Test func `percentiles are those of the values`() throws {
        let percentiles = try #require(Self.recorder((1...1000).map { Int64($0) }).latencies.percentiles)
        #expect(percentiles.p50 == 500)
        #expect(percentiles.p90 == 900)
        #expect(percentiles.p99 == 990)
        #expect(percentiles.p999 == 999)
        #expect(percentiles.max == 1000)
        #expect(percentiles.mean == 500.5)
    }

    @Test func `a late event counts as those that should have been made meanwhile`() throws {
        let plain = try #require(Self.recorder([100, 1000]).latencies.percentiles)
        #expect(plain.mean == 550)
        // 1000 µs late at one event each 250 µs: 750, 500 and 250 were hidden by it.
        let corrected = try #require(Self.recorder([100, 1000], expected: 250).latencies.percentiles)
        #expect(corrected.mean == 520)
    }

    @Test func `times of another clock neither trap nor stop the tool`() throws {
        var recorder = Self.recorder([-5, Int64.max - 1_000_000], expected: 1)
        #expect(recorder.latencies.early == 1)
        let taken = recorder.takeRecent()
        let recent = try #require(taken)
        #expect(recent.max >= Latencies.highest)
        let second = recorder.takeRecent()
        #expect(second == nil)
        #expect(recorder.latencies.percentiles?.max == recent.max)
    }

    @Test func `only steady readers in the open window are measured`() {
        var measurements = Measurements(latency: LatencyRecorder(key: "at"), arrivals: Arrivals())
        let frame = Array(#"{"at":1000}"#.utf8)
        measurements.noteRead(isSteady: true)
        measurements.noteDelivery(frame.span, count: 1)
        measurements.isOpen = true
        measurements.noteRead(isSteady: false)
        measurements.noteDelivery(frame.span, count: 1)
        #expect(measurements.latency.latencies.timed == 0)
        measurements.noteRead(isSteady: true)
        measurements.noteDelivery(frame.span, count: 2)
        #expect(measurements.latency.latencies.timed == 1)
    }

    @Test func `an event is complete once every reader has had it`() {
        var arrivals = Arrivals()
        arrivals.note(1)
        arrivals.note(2)
        arrivals.note(1)
        var moved = arrivals.advance(readers: 2)
        #expect(moved)
        #expect(arrivals.complete == 1)
        #expect(arrivals.isUnderWay)
        moved = arrivals.advance(readers: 2)
        #expect(!moved)
        arrivals.note(2)
        moved = arrivals.advance(readers: 2)
        #expect(arrivals.complete == 2)
        moved = arrivals.advance(readers: 0)
        #expect(!moved)
        arrivals.note(2 + UInt64(Arrivals.capacity) + 1)
        arrivals.skip(to: 5)
        #expect(arrivals.complete == 5)
        #expect(!arrivals.isUnderWay)
    }

    @Test func `a closed loop gives up on what never comes, and only on that`() {
        var arrivals: Arrivals? = Arrivals()
        var loop = ClosedLoop()
        let start = ContinuousClock.now
        let step = { (seconds: Int) in start + .seconds(seconds) }
        _ = loop.advance(&arrivals, readers: 2, made: .max, now: start)
        #expect(loop.advance(&arrivals, readers: 2, made: .max, now: step(5)) == nil)
        arrivals?.note(1)
        #expect(loop.advance(&arrivals, readers: 2, made: .max, now: step(6)) == 1)
        #expect(loop.stalls == 1)
        #expect(loop.advance(&arrivals, readers: 2, made: 1, now: step(9)) == nil)
        #expect(loop.stalls == 1)
    }
}
