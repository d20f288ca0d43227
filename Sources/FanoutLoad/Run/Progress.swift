/// The line that a run prints each second.
struct Progress {
    /// Rates since the last line.
    struct Rates {
        var deliveries: Double
        /// In 10^6 bytes.
        var megabytes: Double
    }

    private let start: ContinuousClock.Instant
    private var last: (time: ContinuousClock.Instant, deliveries: UInt64, bytes: UInt64)

    /// Counts seconds from `start`.
    init(start: ContinuousClock.Instant) {
        self.start = start
        last = (start, 0, 0)
    }

    /// Whether a second has passed since the last line.
    func isDue(_ now: ContinuousClock.Instant) -> Bool { now - last.time >= .seconds(1) }

    /// Whether enough time has passed since the last line to print a final one.
    func isWorthALine(_ now: ContinuousClock.Instant) -> Bool { now - last.time >= .milliseconds(300) }

    /// The rates since the last call.
    mutating func advance(_ totals: Totals, now: ContinuousClock.Instant) -> Rates {
        let seconds = (now - last.time) / .seconds(1)
        defer { last = (now, totals.deliveries, totals.bytes) }
        return Rates(
            deliveries: Double(totals.deliveries - last.deliveries) / seconds,
            megabytes: Double(totals.bytes - last.bytes) / seconds / 1e6
        )
    }

    /// The line.
    func line(_ totals: Totals, _ rates: Rates, _ latency: Percentiles?, now: ContinuousClock.Instant) -> String {
        let times = latency.map { "  p50 \(NumberText.latency($0.p50))  p99 \(NumberText.latency($0.p99))" } ?? ""
        return "\(Int((now - start) / .seconds(1)))s  open \(NumberText.grouped(totals.open))"
            + "  deliveries/s \(NumberText.grouped(Int(rates.deliveries)))  MB/s \(NumberText.decimal(rates.megabytes))"
            + times
            + "  lost \(NumberText.grouped(totals.sequence.lost))  closed \(NumberText.grouped(totals.closed))\n"
    }
}
