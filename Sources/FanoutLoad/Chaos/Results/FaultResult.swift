/// What one fault did.
struct FaultResult: Codable, Equatable {
    /// The fault's name.
    var fault: String
    /// The longest time without events of any client, in seconds, but for those at a relay that stood still or was cut
    /// off.
    var stall: Double
    /// The same of those; nil where there are none.
    var stallOfHit: Double?
    /// How long it took until the group was well again, in seconds.
    var recovery: Double
    var events: UInt64
    var lost: UInt64
    var doubled: UInt64
    var reordered: UInt64
    var holes: UInt64
    var falseGaps: UInt64
    var gaps: UInt64
    var missed: UInt64
    /// Connections of clients that broke.
    var breaks: UInt64
    /// Whether clients may be told a gap.
    var mayTellGap: Bool
    /// Why the group isn't well again; nil if it is.
    var trouble: String?

    init(
        _ fault: String,
        stall: Duration,
        stallOfHit: Duration?,
        recovery: Duration,
        counts: ClientJudge.Counts,
        breaks: UInt64,
        mayTellGap: Bool,
        trouble: String?
    ) {
        self.fault = fault
        self.stall = stall / .seconds(1)
        self.stallOfHit = stallOfHit.map { $0 / .seconds(1) }
        self.recovery = recovery / .seconds(1)
        events = counts.events
        lost = counts.lost
        doubled = counts.doubled
        reordered = counts.reordered
        holes = counts.holes
        falseGaps = counts.falseGaps
        gaps = counts.gaps
        missed = counts.missed
        self.breaks = breaks
        self.mayTellGap = mayTellGap
        self.trouble = trouble
    }

    /// What should be 0, by its words.
    var zeros: [(words: String, count: UInt64)] {
        [
            ("lost untold", lost), ("doubled", doubled), ("reordered", reordered), ("holes", holes),
            ("false gaps", falseGaps),
        ] + (mayTellGap ? [] : [("gaps where none may be", gaps)])
    }

    /// What is wrong; empty if nothing is.
    var findings: [String] {
        zeros.filter { $0.count > 0 }.map { "\($0.words): \($0.count)" } + (trouble.map { [$0] } ?? [])
    }
}
