/// The origin of events: a field of the schema with its arguments.
///
/// Subscribers of equal sources share their events.
enum EventSource: Hashable {
    case tick(interval: Duration, payload: Int, burst: Int)
    case manual(payload: Int)
    case countdown(from: Int, interval: Duration)
    case prices(symbols: [String], interval: Duration)
    case failing
    case serverTime
    /// Nil for an unknown continent.
    case continent(Continent?)

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
            case .continent: .continent(values.id.flatMap(Continent.init(rawValue:)))
            }
    }

    static let standardSymbols = ["ACME", "BOLT", "CORK", "DUNE"]

    /// Checks the arguments that depend on each other.
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
        case .manual, .failing, .serverTime, .continent: nil
        }
    }

    /// Whether it sends as fast as its clients read.
    var isUnpaced: Bool {
        switch self {
        case .tick(let interval, _, _), .countdown(_, let interval), .prices(_, let interval): interval == .zero
        case .manual, .failing, .serverTime, .continent: false
        }
    }

    /// The object, if it is known before the event; nil if the field alone determines it.
    var object: ObjectDefinition? {
        if case .continent(let continent) = self { .continent(continent) } else { nil }
    }

    /// How many events each interval brings.
    var burst: Int {
        if case .tick(_, _, let burst) = self { burst } else { 1 }
    }

    /// How many bytes of padding each event has.
    var payload: Int {
        switch self {
        case .tick(_, let payload, _), .manual(let payload): payload
        case .countdown, .prices, .failing, .serverTime, .continent: 0
        }
    }

    /// Whether subscribers share one feed; each has a countdown of its own.
    var isShared: Bool {
        if case .countdown = self { false } else { true }
    }
}
