/// A summary as one JSON object on one line, for scripts.
struct SummaryJSON {
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
            "url": JSONText.quote(summary.plan.servers),
            "protocol": JSONText.quote(summary.plan.clientProtocol.rawValue),
            "seconds": JSONText.number(summary.seconds),
            "rampSeconds": JSONText.number((summary.window?.ramp ?? .zero) / .seconds(1)),
            "connections": connections,
            "deliveries": deliveries,
            "latency": latency,
            "sequence": sequence,
            "frames": frames,
            "pings": pings,
            "cpu": JSONText.object([
                "user": JSONText.number(summary.userShare), "system": JSONText.number(summary.systemShare),
            ]),
            "limitedByTool": "\(summary.isLimitedByTool)",
            "server": server,
            "eventsMade": summary.measured.made.map { "\($0)" } ?? "null",
        ]) + "\n"
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
            "corrected": "\(summary.plan.expectedInterval != nil)",
        ])
    }

    /// The watched server; null if none was.
    private var server: String {
        guard let usage = summary.window?.server else { return "null" }
        let footprint = summary.measured.footprint
        return JSONText.object([
            "cpuSeconds": JSONText.number(usage.processor / .seconds(1)),
            "cpuSecondsPerMillionDeliveries": summary.serverCost.map(JSONText.number) ?? "null",
            "cpuMicrosecondsPerConnection": footprint.map { JSONText.number($0.handshake / .microseconds(1)) }
                ?? "null",
            "bytesPerConnection": footprint.map { JSONText.number($0.bytes) } ?? "null",
        ])
    }

    private var connections: String {
        JSONText.object([
            "asked": "\(summary.plan.connections)",
            "neverReading": "\(summary.plan.roles.neverReading)",
            "crawling": "\(summary.plan.roles.crawling)",
            "churning": "\(summary.plan.roles.churning)",
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
        ])
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

    private func strings(_ texts: [String]) -> String {
        "[\(texts.map(JSONText.quote).joined(separator: ","))]"
    }
}
