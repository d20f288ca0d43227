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
            "url": JSONText.quote(summary.plan.endpoint.text),
            "protocol": JSONText.quote(summary.plan.clientProtocol.rawValue),
            "seconds": JSONText.number(summary.seconds),
            "rampSeconds": JSONText.number((summary.window?.ramp ?? .zero) / .seconds(1)),
            "connections": connections,
            "deliveries": deliveries,
            "sequence": sequence,
            "frames": frames,
            "pings": pings,
            "cpu": JSONText.object([
                "user": JSONText.number(summary.userShare), "system": JSONText.number(summary.systemShare),
            ]),
        ]) + "\n"
    }

    private var connections: String {
        JSONText.object([
            "asked": "\(summary.plan.connections)",
            "neverReading": "\(summary.plan.neverReading)",
            "opened": "\(summary.opened)",
            "refused": JSONText.counts(summary.refused),
            "readersClosed": JSONText.counts(summary.closed),
            "neverReadingClosed": JSONText.counts(summary.closedNeverReading),
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
            "sent": "\(summary.pings)",
            "answered": "\(summary.pongs)",
            "wrong": "\(summary.wrongPongs)",
            "unanswered": "\(summary.unansweredPings)",
        ])
    }

    private func strings(_ texts: [String]) -> String {
        "[\(texts.map(JSONText.quote).joined(separator: ","))]"
    }
}
