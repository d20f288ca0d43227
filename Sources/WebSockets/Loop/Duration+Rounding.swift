extension Duration {
    /// Whole milliseconds, rounded up, so that a timer never fires early.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return scaled.addingReportingOverflow((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000).partialValue
    }

    /// Whole seconds, rounded up and at least one, as libwebsockets counts them: 0 would be its default.
    var wholeSeconds: Int32 { Int32(clamping: (max(1, milliseconds) - 1) / 1000 + 1) }
}
