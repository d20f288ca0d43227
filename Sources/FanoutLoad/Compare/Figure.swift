import CommandSupport

/// A figure that is compared between base and relay.
enum Figure: String, CaseIterable {
    /// Processor seconds for a million deliveries at the set rate.
    case cost
    /// The 99th percentile of the latency at the set rate, in milliseconds.
    case p99
    /// Deliveries a second in the closed loop.
    case saturated
    /// Processor microseconds for each connection opened.
    case handshake
    /// Resident bytes for each idle connection.
    case memory
    /// How many resident bytes the server grew by while it received events at the set rate.
    case growth
    /// How often the tool couldn't make an event at the set rate, because the relay hadn't read the ones before.
    case throttled

    /// The figure's name for people.
    var words: String {
        switch self {
        case .cost: "CPU s / million deliveries"
        case .p99: "p99 latency, ms"
        case .saturated: "saturated, deliveries/s"
        case .handshake: "handshake CPU, µs"
        case .memory: "bytes / idle connection"
        case .growth: "resident growth, bytes"
        case .throttled: "upstream throttled"
        }
    }

    /// The unit of limits for it.
    var unit: Metric.Unit {
        switch self {
        case .p99, .handshake: .time
        case .cost, .saturated, .memory, .growth, .throttled: .number
        }
    }

    /// A value in the unit of limits: times in microseconds.
    func scaled(_ value: Double) -> Double { self == .p99 ? value * 1000 : value }

    /// A value as text for people.
    func text(_ value: Double) -> String {
        switch self {
        case .cost, .p99: NumberText.fine(value)
        case .saturated, .memory, .growth, .throttled: NumberText.grouped(Int(value.rounded()))
        case .handshake: NumberText.decimal(value)
        }
    }
}
