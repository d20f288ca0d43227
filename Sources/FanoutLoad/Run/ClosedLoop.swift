/// Watches which events have reached every reader, and gives up on an event that doesn't.
struct ClosedLoop {
    /// How often waiting for an event was given up.
    private(set) var stalls: UInt64 = 0

    /// How long an event may take before it is given up.
    static let timeout = Duration.seconds(1)

    private var lastProgress: ContinuousClock.Instant?

    /// How many events are complete; nil if that hasn't changed since the last call.
    ///
    /// `made` is the number of the last event, or `.max` if only the server knows it.
    mutating func advance(
        _ arrivals: inout Arrivals?,
        readers: Int,
        made: UInt64,
        now: ContinuousClock.Instant
    ) -> UInt64? {
        guard let before = arrivals?.complete else { return nil }
        if arrivals?.advance(readers: readers) == true || lastProgress == nil || before >= made {
            let isFirst = lastProgress == nil
            lastProgress = now
            return isFirst || arrivals?.complete == before ? nil : arrivals?.complete
        }
        guard let lastProgress, now - lastProgress >= Self.timeout, made != .max || arrivals?.isUnderWay == true else {
            return nil
        }
        stalls += 1
        self.lastProgress = now
        arrivals?.skip(to: before + 1)
        return before + 1
    }
}
