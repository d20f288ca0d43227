/// What is compared between the base and the relay.
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
    /// Resident bytes at the end of receiving at the set rate more than at its beginning.
    case growth
    /// How often the tool could not make an event at the set rate, since the relay had not read those before.
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

    /// What a limit for it is written in.
    var unit: Metric.Unit {
        switch self {
        case .p99, .handshake: .time
        case .cost, .saturated, .memory, .growth, .throttled: .number
        }
    }

    /// A value as limits count it: times in microseconds.
    func scaled(_ value: Double) -> Double { self == .p99 ? value * 1000 : value }

    /// A value for people.
    func text(_ value: Double) -> String {
        switch self {
        case .cost, .p99: NumberText.fine(value)
        case .saturated, .memory, .growth, .throttled: NumberText.grouped(Int(value.rounded()))
        case .handshake: NumberText.decimal(value)
        }
    }
}
