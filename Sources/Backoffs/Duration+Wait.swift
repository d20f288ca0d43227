extension Duration {
    // 100 years: far beyond any wait that is meant, and far below what clocks and sums of two waits can hold.
    static let longestWait = Duration.seconds(100 * 365 * 24 * 3600)

    /// The nearest duration from zero to 100 years.
    var asWait: Duration { clamped(to: .zero...(.longestWait)) }

    var attosecondsAsDouble: Double { Double(attoseconds) }

    func clamped(to range: ClosedRange<Duration>) -> Duration {
        min(max(self, range.lowerBound), range.upperBound)
    }

    /// The time from an earlier moment to this one, from zero to 100 years, whatever the two are.
    func elapsed(since start: Duration) -> Duration {
        let (difference, overflow) = attoseconds.subtractingReportingOverflow(start.attoseconds)
        if overflow { return self > start ? .longestWait : .zero }
        return Duration(attoseconds: difference).asWait
    }

    /// The moment this much later, or the last one there is.
    func advancedClamped(by wait: Duration) -> Duration {
        let (sum, overflow) = attoseconds.addingReportingOverflow(wait.asWait.attoseconds)
        return Duration(attoseconds: overflow ? .max : sum)
    }
}
