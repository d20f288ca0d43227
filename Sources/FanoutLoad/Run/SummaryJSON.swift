/// A summary as one JSON object on one line, for scripts and for `fanout-load merge`.
///
/// The latter needs whole distributions. They are pairs, in ascending order: a number of deliveries and how many
/// readers had it; and the lowest microsecond of a histogram's bucket and its count, of which there are 21,504 at most.
struct SummaryJSON {
    /// Counts up whenever a report can't be merged any more with those of before.
    static let format = 1

    private let summary: Summary

    init(_ summary: Summary) {
        self.summary = summary
    }

    /// The object and a line end.
    var text: String {
        JSONText.object([
            "held": "\(summary.failures.isEmpty)",
            "failures": strings(summary.failures),
            "notes": strings(summary.notes),
            "kind": JSONText.quote(summary.runs > 1 ? "merge" : "run"),
            "format": "\(Self.format)",
            "runs": "\(summary.runs)",
            "interrupted": "\(summary.wasInterrupted)",
            "url": JSONText.quote(summary.terms.servers),
            "protocol": JSONText.quote(summary.terms.clientProtocol.rawValue),
            "terms": terms,
            "startedAtMicroseconds": Self.orNull(summary.window?.start),
            "seconds": JSONText.number(summary.seconds),
            "rampSeconds": JSONText.number(summary.window?.ramp ?? 0),
            "connections": connections,
            "deliveries": deliveries,
            "latency": latency,
            "times": times,
            "sequence": sequence,
            "frames": frames,
            "firstError": JSONText.quote(summary.firstError),
            "pings": pings,
            "cpu": JSONText.object([
                "user": JSONText.number(summary.userShare), "system": JSONText.number(summary.systemShare),
            ]),
            "limitedByTool": "\(summary.isLimitedByTool)",
            "server": server,
            "eventsMade": Self.orNull(summary.measured.made),
            "throttled": "\(summary.measured.throttled)",
            "stalls": "\(summary.measured.stalls)",
        ]) + "\n"
    }

    /// What must be the same in reports that are merged.
    private var terms: String {
        let terms = summary.terms
        return JSONText.object([
            "events": Self.orNull(terms.events),
            "sequenceKey": terms.sequenceKey.map(JSONText.quote) ?? "null",
            "timestampKey": terms.timestampKey.map(JSONText.quote) ?? "null",
            "expectedIntervalMicroseconds": Self.orNull(terms.expectedInterval),
            "reconnects": "\(terms.reconnects)",
            "pings": "\(terms.pings)",
        ])
    }

    /// The latency in milliseconds; null if none was measured.
    private var latency: String {
        guard let latency = summary.latency else { return "null" }
        let milliseconds = { (value: UInt64) in JSONText.number(Double(value) / 1000) }
        return JSONText.object([
            "unit": JSONText.quote("ms"),
            "p50": milliseconds(latency.p50),
            "p90": milliseconds(latency.p90),
            "p99": milliseconds(latency.p99),
            "p99.9": milliseconds(latency.p999),
            "max": milliseconds(latency.max),
            "mean": JSONText.number(latency.mean / 1000),
            "corrected": "\(summary.terms.expectedInterval != nil)",
            "histogram": histogram,
        ])
    }

    private var histogram: String {
        let latencies = summary.measured.latency
        return JSONText.object([
            "unit": JSONText.quote("us"),
            "max": "\(latencies.max)",
            "counts": Self.pairs(latencies.buckets.map { ($0.lowest, $0.count) }),
        ])
    }

    /// In how many deliveries the time could be read.
    private var times: String {
        let latencies = summary.measured.latency
        return JSONText.object([
            "read": "\(latencies.timed)", "missing": "\(latencies.untimed)", "early": "\(latencies.early)",
        ])
    }

    /// The watched server; null if none was.
    private var server: String {
        guard let usage = summary.window?.server else { return "null" }
        let footprint = summary.measured.footprint
        return JSONText.object([
            "pid": "\(usage.process)",
            "host": JSONText.quote(usage.host),
            "cpuSeconds": JSONText.number(usage.processor / .seconds(1)),
            "cpuSecondsPerMillionDeliveries": summary.serverCost.map(JSONText.number) ?? "null",
            "cpuMicrosecondsPerConnection": footprint.map { JSONText.number($0.handshake / .microseconds(1)) }
                ?? "null",
            "bytesPerConnection": footprint.map { JSONText.number($0.bytes) } ?? "null",
            "cpuMicroseconds": Self.span(usage.before, usage.after),
            "opening": footprint.map(Self.opening) ?? "null",
        ])
    }

    /// What the server had used before the first connection was opened, and after the last.
    private static func opening(_ footprint: Footprint) -> String {
        JSONText.object([
            "connections": "\(footprint.connections)",
            "cpuMicroseconds": span(footprint.processorBefore, footprint.processorAfter),
            "residentBytes": "[\(footprint.residentBefore),\(footprint.residentAfter)]",
        ])
    }

    private static func span(_ before: Duration, _ after: Duration) -> String {
        let microseconds = [before, after].map { "\(Int64($0 / .microseconds(1)))" }
        return "[\(microseconds.joined(separator: ","))]"
    }

    private var connections: String {
        JSONText.object([
            "asked": "\(summary.terms.connections)",
            "neverReading": "\(summary.terms.roles.neverReading)",
            "crawling": "\(summary.terms.roles.crawling)",
            "churning": "\(summary.terms.roles.churning)",
            "reopened": "\(summary.reopened)",
            "opened": "\(summary.opened)",
            "refused": JSONText.counts(summary.refused),
            "readersClosed": JSONText.counts(summary.closed),
            "slowClosed": JSONText.counts(summary.closedSlow),
        ])
    }

    private var deliveries: String {
        JSONText.object([
            "total": "\(summary.counts.deliveries)",
            "perSecond": JSONText.number(summary.rate),
            "bytes": "\(summary.counts.bytes)",
            "megabytesPerSecond": JSONText.number(summary.megabytesPerSecond),
            "min": "\(summary.deliveries.first ?? 0)",
            "median": "\(summary.median)",
            "max": "\(summary.deliveries.last ?? 0)",
            "fairness": summary.fairness.map(JSONText.number) ?? "null",
            "measured": "\(summary.window?.deliveries ?? 0)",
            "readers": readers,
        ])
    }

    /// How many readers had how many deliveries, the fewest first.
    private var readers: String {
        var groups: [(UInt64, UInt64)] = []
        for count in summary.deliveries {
            if let last = groups.last, last.0 == count {
                groups[groups.count - 1].1 += 1
            } else {
                groups.append((count, 1))
            }
        }
        return Self.pairs(groups)
    }

    private var sequence: String {
        let counts = summary.sequence
        return JSONText.object([
            "lost": "\(counts.lost)",
            "duplicated": "\(counts.duplicated)",
            "reordered": "\(counts.reordered)",
            "gaps": "\(counts.gaps)",
            "skipped": "\(counts.skipped)",
            "restarts": "\(counts.restarts)",
        ])
    }

    private var frames: String {
        JSONText.object([
            "unnumbered": "\(summary.counts.unnumbered)",
            "unreadable": "\(summary.counts.unreadable)",
            "misaddressed": "\(summary.counts.misaddressed)",
            "operationErrors": "\(summary.counts.operationErrors)",
            "completions": "\(summary.counts.completions)",
            "brokenConnections": "\(summary.violations)",
        ])
    }

    private var pings: String {
        JSONText.object([
            "sent": "\(summary.pings.sent)",
            "answered": "\(summary.pings.answered)",
            "wrong": "\(summary.pings.wrong)",
            "unanswered": "\(summary.unansweredPings)",
        ])
    }

    private static func pairs(_ pairs: [(UInt64, UInt64)]) -> String {
        "[\(pairs.map { "[\($0),\($1)]" }.joined(separator: ","))]"
    }

    private static func orNull(_ value: (some BinaryInteger)?) -> String { value.map { "\($0)" } ?? "null" }

    private func strings(_ texts: [String]) -> String {
        "[\(texts.map(JSONText.quote).joined(separator: ","))]"
    }
}
