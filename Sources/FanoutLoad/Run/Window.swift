/// The time that counts: from when all is settled to the end of receiving.
struct Window {
    /// When it began.
    let start: ContinuousClock.Instant
    /// How long the connections took to open.
    let ramp: Duration
    /// How long it was, once it has ended.
    private(set) var length = Duration.zero
    /// The readers' deliveries in it.
    private(set) var deliveries: UInt64 = 0
    /// The readers' received bytes in it.
    private(set) var bytes: UInt64 = 0
    /// The tool's own processor time in it.
    private(set) var processor = CPUTime(user: .zero, system: .zero)
    /// The watched server's processor time in it.
    private(set) var server: ServerProbe.Usage?

    /// The watched server's resident bytes at the end more than at the beginning.
    private(set) var growth: Int?

    private let totalsBefore: Totals
    private let processorBefore = CPUTime.now()
    private let serverBefore: ServerProbe.Sample?

    /// Begins after a ramp that took `ramp`.
    init(_ links: [Link], now: ContinuousClock.Instant, sinceStart ramp: Duration, probe: ServerProbe? = nil) {
        start = now
        self.ramp = ramp
        totalsBefore = Totals(links)
        serverBefore = probe?.sample()
    }

    /// Ends the window and takes its figures.
    mutating func end(_ links: [Link], now: ContinuousClock.Instant, probe: ServerProbe? = nil) {
        if let serverBefore, let after = probe?.sample() {
            server = after.since(serverBefore)
            growth = after.resident - serverBefore.resident
        }
        let totals = Totals(links)
        length = now - start
        deliveries = totals.deliveries - totalsBefore.deliveries
        bytes = totals.bytes - totalsBefore.bytes
        processor = CPUTime.now().since(processorBefore)
    }
}
