/// When events are made.
enum Pace: Equatable {
    /// This many at once, at each interval.
    case bursts(of: Int, every: Duration)
    /// As many as keep this many in flight to the slowest reader.
    case inFlight(Int)

    /// A steady rate of events a second, in bursts of at least `burst`.
    init(rate: Int, burst: Int = 1) {
        self = .bursts(of: burst, every: .nanoseconds(1_000_000_000 * Int64(burst) / Int64(max(1, rate))))
    }

    /// The most events that are made before sockets get their turn again.
    static let most = 1024

    /// How many events are due now.
    ///
    /// - Parameters:
    ///   - elapsed: The time since the first event.
    ///   - made: How many events were made so far.
    ///   - complete: How many events have reached every reader.
    func due(elapsed: Duration, made: UInt64, complete: UInt64) -> Int {
        switch self {
        case .inFlight(let most):
            let outstanding = made - Swift.min(made, complete)
            return Swift.min(Self.most, Swift.max(0, most - Int(clamping: outstanding)))
        case .bursts(let size, let interval):
            let bursts = UInt64(Swift.max(0, elapsed / interval)) + 1
            let total = bursts.multipliedReportingOverflow(by: UInt64(size))
            guard !total.overflow, total.partialValue > made else { return 0 }
            return Int(Swift.min(UInt64(Swift.max(Self.most, size)), total.partialValue - made))
        }
    }
}
