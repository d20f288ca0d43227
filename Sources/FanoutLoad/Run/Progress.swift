import CommandSupport
import Glibc

/// The line that a run prints each second.
struct Progress {
    /// Rates since the last line.
    struct Rates {
        var deliveries: Double
        /// In 10^6 bytes.
        var megabytes: Double
    }

    private static let barWidth = 20

    private let start: ContinuousClock.Instant
    /// Whether a terminal shows the lines, so that one can take the place of another.
    private let isOnTerminal: Bool
    private var last: (time: ContinuousClock.Instant, deliveries: UInt64, bytes: UInt64)

    /// Counts seconds from `start`.
    init(start: ContinuousClock.Instant, isOnTerminal: Bool = isatty(StandardStream.error.rawValue) == 1) {
        self.start = start
        self.isOnTerminal = isOnTerminal
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

    /// The line, with its end.
    ///
    /// - Parameter done: The present phase, and how much of it is over, 0 to 1; a terminal shows that as a bar.
    func line(
        _ totals: Totals,
        _ rates: Rates,
        _ latency: Percentiles?,
        done: (phase: String, share: Double)? = nil,
        now: ContinuousClock.Instant
    ) -> String {
        let times = latency.map { "  p50 \(NumberText.latency($0.p50))  p99 \(NumberText.latency($0.p99))" } ?? ""
        let text =
            "\(Int((now - start) / .seconds(1)))s  open \(NumberText.grouped(totals.open))"
            + "  deliveries/s \(NumberText.grouped(Int(rates.deliveries)))  MB/s \(NumberText.decimal(rates.megabytes))"
            + times
            + "  lost \(NumberText.grouped(totals.sequence.lost))  closed \(NumberText.grouped(totals.closed))"
        guard isOnTerminal else { return text + "\n" }
        let bar = done.map { "\(Self.bar($0.share)) \($0.phase)  " } ?? ""
        // Carriage return, and CSI K, which erases the rest of the line (ECMA-48).
        return "\r\(bar)\(text)\u{1B}[K"
    }

    /// What ends the lines.
    var end: String { isOnTerminal ? "\r\u{1B}[K" : "" }

    private static func bar(_ share: Double) -> String {
        let full = Int((min(max(share, 0), 1) * Double(barWidth)).rounded(.down))
        return "[\(String(repeating: "#", count: full))\(String(repeating: "-", count: barWidth - full))]"
    }
}
