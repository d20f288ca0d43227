/// What a relay upstream tells of the place where a run of events begins.
package struct EventPlace: Sendable {
    /// The token of the event before; nil where nobody numbers the events.
    package var start: ResumeToken?
    /// Why events may be missing there; nil when none are.
    package var gap: String?
    /// Whether the operation begins there.
    package var isOpening = false
    /// The number of the newest event then, if those up to it had happened before.
    package var newest: UInt64?
    /// Whether events may be missing there, though nobody misses them who begins there.
    package var hasGapBefore = false

    package init(
        start: ResumeToken? = nil,
        gap: String? = nil,
        isOpening: Bool = false,
        newest: UInt64? = nil,
        hasGapBefore: Bool = false
    ) {
        self.start = start
        self.gap = gap
        self.isOpening = isOpening
        self.newest = newest
        self.hasGapBefore = hasGapBefore
    }

    /// Whether a reader has to know it, though no event may follow.
    package var tells: Bool { gap != nil || isOpening }

    /// Tells what was to be told of an earlier place, of which nobody hears.
    package mutating func inherit(_ former: EventPlace) {
        gap = former.gap ?? gap
        isOpening = isOpening || former.isOpening
        if start?.epoch == former.start?.epoch { newest = newest ?? former.newest }
    }
}
