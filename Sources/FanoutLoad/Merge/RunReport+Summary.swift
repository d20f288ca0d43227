extension RunReport {
    /// What no run can have written, and what is allowed.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// More than any run counts, and few enough for sums over all reports.
    private static let mostCounted: UInt64 = 1_000_000_000_000_000
    private static let mostConnections = 200_000
    private static let mostReasons = 1000

    /// The summary that this was written of, without its requirements and samples.
    func summary() throws(Mistake) -> Summary {
        try checkCounts()
        var summary = Summary(
            terms: try runTerms(),
            requirements: [],
            window: try window(),
            measured: .init(
                latency: try latencies(),
                footprint: try footprint(),
                made: eventsMade,
                throttled: throttled,
                stalls: stalls
            ),
            wasInterrupted: interrupted
        )
        summary.opened = connections.opened
        summary.reopened = connections.reopened
        summary.refused = Self.plain(connections.refused)
        summary.closed = Self.plain(connections.readersClosed)
        summary.closedSlow = Self.plain(connections.slowClosed)
        summary.violations = frames.brokenConnections
        summary.counts = .init(
            bytes: deliveries.bytes,
            deliveries: deliveries.total,
            unnumbered: frames.unnumbered,
            unreadable: frames.unreadable,
            misaddressed: frames.misaddressed,
            operationErrors: frames.operationErrors,
            completions: frames.completions
        )
        summary.sequence = .init(
            lost: sequence.lost,
            duplicated: sequence.duplicated,
            reordered: sequence.reordered,
            gaps: sequence.gaps,
            skipped: sequence.skipped,
            restarts: sequence.restarts
        )
        summary.deliveries = try readers()
        summary.pings = .init(sent: pings.sent, answered: pings.answered, wrong: pings.wrong)
        summary.firstError = Self.plain(firstError)
        return summary
    }

    private func checkCounts() throws(Mistake) {
        let (roles, most) = (connections, Self.mostConnections)
        try Self.check("connections.asked", roles.asked, in: 1...most)
        try Self.check("connections.neverReading", roles.neverReading, in: 0...roles.asked)
        try Self.check("connections.crawling", roles.crawling, in: 0...roles.asked - roles.neverReading)
        let steady = roles.asked - roles.neverReading - roles.crawling
        try Self.check("connections.churning", roles.churning, in: 0...steady)
        try Self.check("connections.opened", roles.opened, in: 0...roles.asked)
        let counts: [(String, UInt64)] = [
            ("connections.reopened", UInt64(clamping: roles.reopened)), ("deliveries.total", deliveries.total),
            ("deliveries.bytes", deliveries.bytes), ("deliveries.measured", deliveries.measured),
            ("times.read", times.read), ("times.missing", times.missing), ("times.early", times.early),
            ("sequence.duplicated", sequence.duplicated), ("sequence.reordered", sequence.reordered),
            ("sequence.gaps", sequence.gaps), ("sequence.restarts", sequence.restarts),
            ("frames.unnumbered", frames.unnumbered), ("frames.unreadable", frames.unreadable),
            ("frames.misaddressed", frames.misaddressed), ("frames.operationErrors", frames.operationErrors),
            ("frames.completions", frames.completions), ("pings.sent", pings.sent), ("eventsMade", eventsMade ?? 0),
            ("throttled", throttled), ("stalls", stalls), ("terms.events", terms.events ?? 0),
        ]
        for (name, count) in counts { try Self.check(name, count, in: 0...Self.mostCounted) }
        try Self.check("connections.reopened", roles.reopened, in: 0...Int.max)
        try Self.check("frames.brokenConnections", frames.brokenConnections, in: 0...most)
        try Self.check("pings.answered", pings.answered, in: 0...pings.sent)
        try Self.check("pings.wrong", pings.wrong, in: 0...pings.sent - pings.answered)
        let kinds = [
            ("refused", roles.refused), ("readersClosed", roles.readersClosed), ("slowClosed", roles.slowClosed),
        ]
        for (name, reasons) in kinds {
            try Self.check("the number of reasons in connections.\(name)", reasons.count, in: 0...Self.mostReasons)
            for count in reasons.values {
                try Self.check("a count in connections.\(name)", count, in: 0...1_000_000_000_000)
            }
        }
    }

    private func runTerms() throws(Mistake) -> RunTerms {
        guard let clientProtocol = ClientProtocol(rawValue: self.protocol) else {
            let allowed = ClientProtocol.allCases.map(\.rawValue).joined(separator: ", ")
            throw Mistake(description: "protocol is '\(Self.plain(self.protocol).prefix(50))'; allowed: \(allowed)")
        }
        return RunTerms(
            servers: Self.plain(url),
            clientProtocol: clientProtocol,
            connections: connections.asked,
            roles: Roles(
                neverReading: connections.neverReading,
                crawling: connections.crawling,
                churning: connections.churning
            ),
            events: terms.events,
            sequenceKey: terms.sequenceKey.map(Self.plain),
            timestampKey: terms.timestampKey.map(Self.plain),
            expectedInterval: terms.expectedIntervalMicroseconds,
            reconnects: terms.reconnects,
            pings: terms.pings
        )
    }

    private func window() throws(Mistake) -> WindowFigures? {
        try Self.check("seconds", seconds, in: 0...1e6)
        try Self.check("rampSeconds", rampSeconds, in: 0...1e6)
        try Self.check("deliveries.perSecond", deliveries.perSecond, in: 0...1e12)
        try Self.check("deliveries.megabytesPerSecond", deliveries.megabytesPerSecond, in: 0...1e9)
        try Self.check("cpu.user", cpu.user, in: 0...1000)
        try Self.check("cpu.system", cpu.system, in: 0...1000)
        guard let startedAtMicroseconds else { return nil }
        // Until the year 2286.
        try Self.check("startedAtMicroseconds", startedAtMicroseconds, in: 0...9_999_999_999_999_999)
        return WindowFigures(
            start: startedAtMicroseconds,
            seconds: seconds,
            ramp: rampSeconds,
            deliveries: deliveries.measured,
            rate: deliveries.perSecond,
            megabytesPerSecond: deliveries.megabytesPerSecond,
            userShare: cpu.user,
            systemShare: cpu.system,
            server: try usage()
        )
    }

    private func usage() throws(Mistake) -> ServerProbe.Usage? {
        guard let server else { return nil }
        let (before, after) = try Self.span(server.cpuMicroseconds, "server.cpuMicroseconds")
        return ServerProbe.Usage(process: server.pid, host: Self.plain(server.host), before: before, after: after)
    }

    private func footprint() throws(Mistake) -> Footprint? {
        guard let opening = server?.opening else { return nil }
        try Self.check("server.opening.connections", opening.connections, in: 1...Self.mostConnections)
        let (before, after) = try Self.span(opening.cpuMicroseconds, "server.opening.cpuMicroseconds")
        for bytes in [opening.residentBytes.first, opening.residentBytes.second] {
            try Self.check("server.opening.residentBytes", bytes, in: 0...Int(Self.mostCounted))
        }
        return Footprint(
            connections: opening.connections,
            processorBefore: before,
            processorAfter: after,
            residentBefore: opening.residentBytes.first,
            residentAfter: opening.residentBytes.second
        )
    }

    private func latencies() throws(Mistake) -> Latencies {
        var latencies = Latencies()
        if let histogram = latency?.histogram {
            do throws(Latencies.Mistake) {
                latencies = try Latencies(
                    buckets: histogram.counts.map { .init(lowest: $0.first, count: $0.second) },
                    max: histogram.max
                )
            } catch {
                throw Mistake(description: "latency.histogram: \(error)")
            }
        }
        (latencies.timed, latencies.untimed, latencies.early) = (times.read, times.missing, times.early)
        return latencies
    }

    /// The deliveries of each reader, in ascending order.
    private func readers() throws(Mistake) -> [UInt64] {
        var each: [UInt64] = []
        for group in deliveries.readers {
            try Self.check("a number of deliveries in deliveries.readers", group.first, in: 0...Self.mostCounted)
            let rest = UInt64(connections.opened - each.count)
            guard group.second <= rest else {
                throw Mistake(
                    description: "deliveries.readers has more readers than connections.opened; allowed: at most as many"
                )
            }
            each += repeatElement(group.first, count: Int(group.second))
        }
        return each.sorted()
    }
}

extension RunReport {
    private static func check<Value>(_ name: String, _ value: Value, in range: ClosedRange<Value>) throws(Mistake) {
        guard !range.contains(value) else { return }
        throw Mistake(description: "\(name) is \(value); allowed: \(range.lowerBound) to \(range.upperBound)")
    }

    private static func span(
        _ pair: Pair<Int64>,
        _ name: String
    ) throws(Mistake) -> (before: Duration, after: Duration) {
        let most = Int64(mostCounted)
        try check(name, pair.first, in: 0...most)
        try check(name, pair.second, in: pair.first...most)
        return (.microseconds(pair.first), .microseconds(pair.second))
    }

    /// A text that can't control a terminal.
    private static func plain(_ text: String) -> String {
        var plain = ""
        for scalar in text.unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control
            plain.unicodeScalars.append(isControl ? " " : scalar)
        }
        return plain
    }

    private static func plain(_ counts: [String: Int]) -> [String: Int] {
        Dictionary(counts.map { (plain($0.key), $0.value) }, uniquingKeysWith: +)
    }
}
