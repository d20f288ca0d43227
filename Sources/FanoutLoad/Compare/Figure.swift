/// What is compared between the floor and the relay.
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

    /// The figure's name for people.
    var words: String {
        switch self {
        case .cost: "CPU s / million deliveries"
        case .p99: "p99 latency, ms"
        case .saturated: "saturated, deliveries/s"
        case .handshake: "handshake CPU, µs"
        case .memory: "bytes / idle connection"
        }
    }

    /// A value for people.
    func text(_ value: Double) -> String {
        switch self {
        case .cost, .p99: NumberText.fine(value)
        case .saturated, .memory: NumberText.grouped(Int(value.rounded()))
        case .handshake: NumberText.decimal(value)
        }
    }
}
