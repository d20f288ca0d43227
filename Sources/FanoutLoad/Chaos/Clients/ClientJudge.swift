/// Judges what one client gets: numbers of the upstream, and numbers and gaps of the relay.
///
/// Its memory is bounded, as that of `SequenceTracker`.
struct ClientJudge {
    /// What one client got, or several together.
    struct Counts: Equatable {
        var events: UInt64 = 0
        /// Numbers of the upstream that were skipped though no gap was told.
        var lost: UInt64 = 0
        var doubled: UInt64 = 0
        var reordered: UInt64 = 0
        /// Jumps of the relay's numbers, or changes of its epoch, that no gap announced.
        var holes: UInt64 = 0
        /// Gaps behind which the upstream's next number came, in the same epoch: nothing was missing.
        var falseGaps: UInt64 = 0
        /// All gaps that were told.
        var gaps: UInt64 = 0
        /// Numbers of the upstream that were skipped behind a gap that was told.
        var missed: UInt64 = 0
    }

    private var tracker = SequenceTracker()
    private var events: UInt64 = 0
    private var holes: UInt64 = 0
    private var falseGaps: UInt64 = 0
    private var last: Last?

    private struct Last {
        /// The upstream's number of the newest event.
        var number: Int64
        /// The place in the relay's numbers, by the newest event or gap.
        var sequence: Int64
        /// Gaps that were told since the newest event.
        var isGapTold = false
        /// Whether the epoch has changed since the newest event.
        var isEpochNew = false
    }

    /// What has been counted so far.
    var counts: Counts {
        Counts(
            events: events,
            lost: tracker.counts.lost,
            doubled: tracker.counts.duplicated,
            reordered: tracker.counts.reordered,
            holes: holes,
            falseGaps: falseGaps,
            gaps: tracker.counts.gaps,
            missed: tracker.counts.skipped
        )
    }

    /// The upstream's number that should come next; nil before the first event.
    var next: Int64? { last.map { $0.number &+ 1 } }

    /// Notes that a gap was told, behind which the relay's numbers go on after `sequence`.
    mutating func gap(after sequence: Int64, isEpochNew: Bool) {
        tracker.noteGap()
        last?.isGapTold = true
        last?.sequence = sequence
        if isEpochNew { last?.isEpochNew = true }
    }

    /// Records an event with the upstream's number and the relay's.
    mutating func event(_ number: Int64, sequence: Int64, isEpochNew: Bool) {
        events &+= 1
        tracker.record(number)
        guard let last else {
            self.last = Last(number: number, sequence: sequence)
            return
        }
        guard number > last.number else {
            // What came before is counted as doubled or reordered alone.
            if !isEpochNew, sequence == last.sequence &+ 1 { self.last?.sequence = sequence }
            return
        }
        if isEpochNew {
            // A gap brings the new epoch.
            holes &+= 1
        } else if sequence != last.sequence &+ 1 {
            holes &+= 1
        }
        if last.isGapTold, !last.isEpochNew, !isEpochNew, number == last.number &+ 1 { falseGaps &+= 1 }
        self.last = Last(number: number, sequence: sequence)
    }
}

extension ClientJudge.Counts {
    static func + (one: Self, other: Self) -> Self { one.combined(other) { $0 &+ $1 } }
    static func - (one: Self, other: Self) -> Self { one.combined(other) { $0 &- $1 } }

    private func combined(_ other: Self, _ combine: (UInt64, UInt64) -> UInt64) -> Self {
        Self(
            events: combine(events, other.events),
            lost: combine(lost, other.lost),
            doubled: combine(doubled, other.doubled),
            reordered: combine(reordered, other.reordered),
            holes: combine(holes, other.holes),
            falseGaps: combine(falseGaps, other.falseGaps),
            gaps: combine(gaps, other.gaps),
            missed: combine(missed, other.missed)
        )
    }
}
