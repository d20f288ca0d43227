import CommandSupport

/// Which reports go together, and what must be said of those that do.
enum MergeRules {
    /// Throws where reports can't be put together.
    static func check(_ reports: [ReportFile]) throws(ReportFile.Failure) {
        let first = reports[0]
        for (position, report) in reports.enumerated() {
            for (mine, other) in zip(words(first.summary.terms), words(report.summary.terms)) where mine != other {
                throw .init(
                    report.name,
                    "it was run with \(other), and \(first.name) with \(mine); allowed: the same in all"
                )
            }
            if let same = reports[..<position].first(where: { isSame($0.summary, report.summary) }) {
                throw .init(report.name, "it is the same report as \(same.name); allowed: each run once")
            }
        }
    }

    /// The terms that must be the same in all.
    private static func words(_ terms: RunTerms) -> [String] {
        [
            "--protocol \(terms.clientProtocol.rawValue)",
            terms.events.map { "--events \($0)" } ?? "no --events",
            "--sequence-key \(terms.sequenceKey ?? "none")",
            "--timestamp-key \(terms.timestampKey ?? "none")",
            terms.expectedInterval.map { "--expected-interval \(Double($0) / 1000)ms" } ?? "no --expected-interval",
            terms.reconnects ? "--reconnect" : "no --reconnect",
        ]
    }

    /// Whether these are copies: no two windows begin in the same microsecond and get the same bytes.
    private static func isSame(_ one: Summary, _ other: Summary) -> Bool {
        guard let start = one.window?.start, start == other.window?.start else { return false }
        return one.counts.bytes == other.counts.bytes && one.deliveries == other.deliveries
    }

    /// What the reader of a merged report must know of its parts, a sentence each.
    static func notes(_ reports: [ReportFile]) -> [String] {
        var notes: [String] = []
        var windows: [(name: String, figures: WindowFigures)] = []
        for report in reports {
            if let figures = report.summary.window {
                windows.append((report.name, figures))
            } else {
                notes.append("the run of \(report.name) ended before its connections were open: it adds no rates")
            }
        }
        if let note = apart(windows) { notes.append(note) }
        if let shortest = windows.map(\.figures.seconds).min(), let longest = windows.map(\.figures.seconds).max(),
            longest > 1.1 * shortest
        {
            let ends = "\(NumberText.decimal(shortest)) s to \(NumberText.decimal(longest)) s"
            notes.append("the runs received for \(ends): the sum of their rates holds for the shortest time only")
        }
        return notes
    }

    /// A note when not all windows began at about the same time.
    private static func apart(_ windows: [(name: String, figures: WindowFigures)]) -> String? {
        guard let first = windows.min(by: { $0.figures.start < $1.figures.start }),
            let last = windows.max(by: { $0.figures.start < $1.figures.start }),
            let earliest = windows.min(by: { $0.figures.end < $1.figures.end }),
            let shortest = windows.map(\.figures.seconds).min()
        else { return nil }
        let apart = Double(last.figures.start - first.figures.start) / 1e6
        let gap = Double(last.figures.start - earliest.figures.end) / 1e6
        if gap > 0 {
            return "the runs did not overlap: \(last.name) began to receive \(NumberText.decimal(gap)) s after "
                + "\(earliest.name) had ended; their rates are summed all the same"
        }
        guard apart > shortest / 10 else { return nil }
        return "the runs began to receive \(NumberText.decimal(apart)) s apart, \(last.name) last: "
            + "the sum of their rates holds only while all of them did"
    }
}
