import Histogram

/// The latencies of a run: from the time in a payload to the moment it was read.
///
/// Recording allocates nothing.
struct LatencyRecorder {
    /// The most values by which one late event is corrected, so that no timestamp can stall the tool.
    static let mostCorrections: UInt64 = 10_000

    private var search: TimestampSearch?
    private let expectedInterval: UInt64?
    private var all = Latencies()
    private var recent = Latencies.emptyHistogram()
    /// Successive equal latencies, as of a burst in one read, which the histogram gets together.
    private var run: (latency: UInt64, count: UInt64) = (0, 0)

    /// Records the times in the member `key`; without a key it does nothing.
    ///
    /// With an expected interval, in microseconds, a latency above it also counts for the events that a stalled server
    /// should have made meanwhile (correction for coordinated omission).
    init(key: String?, expectedInterval: UInt64? = nil) {
        search = key.map(TimestampSearch.init)
        self.expectedInterval = expectedInterval
    }

    /// Whether there is a key to look for.
    var isActive: Bool { search != nil }

    /// When an event was made, in microseconds since the Unix epoch; nil without a key or a readable time.
    mutating func time(in frame: Span<UInt8>) -> Int64? {
        search?.microseconds(in: frame)
    }

    /// Records an event made at `time` and read at `now`, both in microseconds since the Unix epoch.
    mutating func record(_ time: Int64?, now: Int64) {
        guard search != nil else { return }
        guard let time else {
            all.untimed &+= 1
            return
        }
        all.timed &+= 1
        if time > now { all.early &+= 1 }
        let latency = min(UInt64(max(0, now - time)), Latencies.highest)
        if latency != run.latency {
            endRun()
            run.latency = latency
        }
        run.count &+= 1
    }

    /// The percentiles since the last call; nil without values.
    mutating func takeRecent() -> Percentiles? {
        endRun()
        guard recent.totalCount > 0 else { return nil }
        let percentiles = Percentiles(recent)
        all.add(recent)
        recent.reset()
        return percentiles
    }

    /// All latencies so far.
    var latencies: Latencies {
        var copy = self
        copy.endRun()
        copy.all.add(copy.recent)
        return copy.all
    }

    private mutating func endRun() {
        guard run.count > 0 else { return }
        if let expectedInterval {
            let interval = max(expectedInterval, run.latency / Self.mostCorrections)
            recent.recordCorrectedValue(run.latency, count: run.count, expectedInterval: interval)
        } else {
            recent.record(run.latency, count: run.count)
        }
        run.count = 0
    }
}
