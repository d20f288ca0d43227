/// The measured time: from when all connections are settled to the end of receiving.
struct Window {
    /// When the window began.
    let start: ContinuousClock.Instant
    /// The same by the clock of other machines too, in microseconds since the Unix epoch.
    private let wallStart = WallClock.microseconds()
    /// How long the connections took to open.
    let ramp: Duration
    /// The window's length, once it has ended.
    private(set) var length = Duration.zero
    /// The readers' deliveries in the window.
    private(set) var deliveries: UInt64 = 0
    /// The bytes that readers received in the window.
    private(set) var bytes: UInt64 = 0
    /// The tool's own processor time in the window.
    private(set) var processor = CPUTime(user: .zero, system: .zero)
    /// What the watched server used in the window.
    private(set) var server: ServerProbe.Usage?

    /// How many resident bytes the watched server grew by in the window.
    private(set) var growth: Int?

    private let totalsBefore: Totals
    private let processorBefore = CPUTime.now()
    private let serverBefore: ServerProbe.Sample?

    /// Starts the window, after a ramp of this length.
    init(_ links: [Link], now: ContinuousClock.Instant, sinceStart ramp: Duration, probe: ServerProbe? = nil) {
        start = now
        self.ramp = ramp
        totalsBefore = Totals(links)
        serverBefore = probe?.sample()
    }

    /// Ends the window and computes its figures.
    mutating func end(_ links: [Link], now: ContinuousClock.Instant, probe: ServerProbe? = nil) {
        if let probe, let serverBefore, let after = probe.sample() {
            server = probe.usage(from: serverBefore, to: after)
            growth = after.resident - serverBefore.resident
        }
        let totals = Totals(links)
        length = now - start
        deliveries = totals.deliveries - totalsBefore.deliveries
        bytes = totals.bytes - totalsBefore.bytes
        processor = CPUTime.now().since(processorBefore)
    }

    /// What a summary says of the window.
    var figures: WindowFigures {
        let seconds = length / .seconds(1)
        let each = { (amount: Double) in seconds > 0 ? amount / seconds : 0 }
        return WindowFigures(
            start: wallStart,
            seconds: seconds,
            ramp: ramp / .seconds(1),
            deliveries: deliveries,
            rate: each(Double(deliveries)),
            megabytesPerSecond: each(Double(bytes) / 1e6),
            userShare: each(processor.user / .seconds(1)),
            systemShare: each(processor.system / .seconds(1)),
            server: server,
            growth: growth
        )
    }
}
