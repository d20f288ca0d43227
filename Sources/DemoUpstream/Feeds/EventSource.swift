/// Where events come from: a field of the schema with its arguments.
///
/// Subscribers of equal sources share the events.
enum EventSource: Hashable {
    case tick(interval: Duration, payload: Int, burst: Int)
    case manual(payload: Int)
    case countdown(from: Int, interval: Duration)
    case prices(symbols: [String], interval: Duration)
    case failing
    case serverTime

    init(_ field: RootField, _ values: ArgumentReader.Values) {
        let interval = Duration.milliseconds(values[.interval(standard: 0)])
        self =
            switch field {
            case .tick: .tick(interval: interval, payload: values[.payload], burst: values[.burst])
            case .manual: .manual(payload: values[.payload])
            case .countdown: .countdown(from: values[.from], interval: interval)
            case .prices: .prices(symbols: values.names ?? Self.standardSymbols, interval: interval)
            case .failing: .failing
            case .serverTime: .serverTime
            }
    }

    static let standardSymbols = ["ACME", "BOLT", "CORK", "DUNE"]

    /// Checks what concerns several arguments.
    func validate() throws(QueryError) {
        guard case .tick(_, let payload, let burst) = self else { return }
        guard payload * burst <= ArgumentDefinition.maximumBurstBytes else {
            throw QueryError("\"payloadBytes\" times \"burst\" must be at most \(ArgumentDefinition.maximumBurstBytes)")
        }
    }

    /// The time between bursts; nil for a source without a clock.
    var interval: Duration? {
        switch self {
        case .tick(let interval, _, _), .countdown(_, let interval), .prices(_, let interval):
            interval == .zero ? nil : interval
        case .manual, .failing, .serverTime: nil
        }
    }

    /// Whether it sends as fast as its clients read.
    var isUnpaced: Bool {
        switch self {
        case .tick(let interval, _, _), .countdown(_, let interval), .prices(_, let interval): interval == .zero
        case .manual, .failing, .serverTime: false
        }
    }

    /// How many events each interval brings.
    var burst: Int {
        if case .tick(_, _, let burst) = self { burst } else { 1 }
    }

    /// How many bytes of padding each event has.
    var payload: Int {
        switch self {
        case .tick(_, let payload, _), .manual(let payload): payload
        case .countdown, .prices, .failing, .serverTime: 0
        }
    }

    /// Whether subscribers share one feed; a countdown is everyone's own.
    var isShared: Bool {
        if case .countdown = self { false } else { true }
    }
}
