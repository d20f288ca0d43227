extension Summary {
    /// One summary of several runs, judged by requirements of its own.
    ///
    /// Counts and rates are summed, latencies are counted together bucket by bucket. Of durations the longest stands,
    /// and of the tool's processor shares that of the busiest process.
    init(merging reports: [ReportFile], requirements: [Requirement]) throws(ReportFile.Failure) {
        try MergeRules.check(reports)
        let summaries = reports.map(\.summary)
        var terms = reports[0].summary.terms
        var measured = reports[0].summary.measured
        for summary in summaries.dropFirst() {
            terms.add(summary.terms)
            measured.add(summary.measured)
        }
        let server = MergedServer(summaries)
        measured.footprint = server.footprint
        var window = Self.window(summaries)
        window?.server = server.usage
        self.init(
            terms: terms,
            requirements: requirements,
            window: window,
            measured: measured,
            wasInterrupted: summaries.contains(where: \.wasInterrupted)
        )
        for summary in summaries { add(summary) }
        deliveries.sort()
        runs = reports.count
        mergeNotes = MergeRules.notes(reports) + server.notes
    }

    private mutating func add(_ other: Summary) {
        opened += other.opened
        reopened += other.reopened
        refused.merge(other.refused, uniquingKeysWith: +)
        closed.merge(other.closed, uniquingKeysWith: +)
        closedSlow.merge(other.closedSlow, uniquingKeysWith: +)
        violations += other.violations
        counts += other.counts
        sequence += other.sequence
        deliveries += other.deliveries
        pings += other.pings
        if firstError.isEmpty { firstError = other.firstError }
    }

    private static func window(_ summaries: [Summary]) -> WindowFigures? {
        let windows = summaries.compactMap(\.window)
        guard var sum = windows.max(by: { $0.toolShare < $1.toolShare }) else { return nil }
        sum.start = windows.map(\.start).min() ?? sum.start
        sum.seconds = windows.map(\.seconds).max() ?? 0
        sum.ramp = windows.map(\.ramp).max() ?? 0
        sum.deliveries = windows.reduce(0) { $0 + $1.deliveries }
        sum.rate = windows.reduce(0) { $0 + $1.rate }
        sum.megabytesPerSecond = windows.reduce(0) { $0 + $1.megabytesPerSecond }
        return sum
    }
}

extension Summary.Measured {
    /// Adds what another run measured.
    fileprivate mutating func add(_ other: Self) {
        latency.add(other.latency)
        if let more = other.made { made = (made ?? 0) + more }
        throttled += other.throttled
        stalls += other.stalls
    }
}

extension RunTerms {
    /// Adds the connections of another run, and its servers if they are others.
    fileprivate mutating func add(_ other: RunTerms) {
        let known = servers.split(separator: ", ")
        let others = other.servers.split(separator: ", ").filter { !known.contains($0) }
        servers = (known + others).joined(separator: ", ")
        connections += other.connections
        roles.neverReading += other.roles.neverReading
        roles.crawling += other.roles.crawling
        roles.churning += other.roles.churning
        pings = pings || other.pings
    }
}
