/// The line that a run writes each second.
struct Progress {
    private let start: ContinuousClock.Instant
    private var last: (time: ContinuousClock.Instant, deliveries: UInt64, bytes: UInt64)

    /// Counts seconds from `start`.
    init(start: ContinuousClock.Instant) {
        self.start = start
        last = (start, 0, 0)
    }

    /// Whether a second has gone by since the last line.
    func isDue(_ now: ContinuousClock.Instant) -> Bool { now - last.time >= .seconds(1) }

    /// The line for what has happened since the last one.
    mutating func line(_ totals: Totals, now: ContinuousClock.Instant) -> String {
        let seconds = (now - last.time) / .seconds(1)
        let deliveries = Double(totals.deliveries - last.deliveries) / seconds
        let megabytes = Double(totals.bytes - last.bytes) / seconds / 1e6
        last = (now, totals.deliveries, totals.bytes)
        return "\(Int((now - start) / .seconds(1)))s  open \(NumberText.grouped(totals.open))"
            + "  deliveries/s \(NumberText.grouped(Int(deliveries)))  MB/s \(NumberText.decimal(megabytes))"
            + "  lost \(NumberText.grouped(totals.sequence.lost))  closed \(NumberText.grouped(totals.closed))\n"
    }
}
