/// The fields of the schema's root types.
enum RootField: String, CaseIterable {
    case tick, manual, countdown, prices, failing
    case serverTime, continent

    /// Whether it belongs to the type `Query`, not to `Subscription`.
    var isQuery: Bool { self == .serverTime || self == .continent }

    /// The name of its root type.
    var parent: String { isQuery ? "Query" : "Subscription" }

    /// Its arguments, in the schema's order.
    var arguments: [ArgumentDefinition] {
        switch self {
        case .tick: [.interval(standard: 1000), .payload, .burst]
        case .manual: [.payload]
        case .countdown: [.from, .interval(standard: 50)]
        case .prices: [.symbols, .interval(standard: 250)]
        case .continent: [.code]
        case .failing, .serverTime: []
        }
    }

    /// Its type, as the schema writes it.
    var type: String {
        switch self {
        case .tick, .manual: "Tick!"
        case .countdown: "Int!"
        case .prices: "Price!"
        case .failing: "Int"
        case .serverTime: "Float!"
        case .continent: "Continent"
        }
    }

    /// Its object type; nil for a scalar.
    var object: ObjectDefinition? {
        switch self {
        case .tick, .manual: .tick
        case .prices: .price
        case .continent: .continent()
        case .countdown, .failing, .serverTime: nil
        }
    }

    /// The content of a scalar field.
    var leaf: Leaf { self == .serverTime ? .time : .number }

    /// One line for the schema.
    var summary: String {
        switch self {
        case .tick: "Counts on, \"burst\" events at each interval; at interval 0 as fast as the client reads."
        case .manual: "Counts on when the program that embeds the server says so."
        case .countdown: "From a number down to 0, then complete."
        case .prices: "A random walk for each symbol, in turns."
        case .failing: "Always an error."
        case .serverTime: "Milliseconds since 1970-01-01."
        case .continent: "A continent by its code, such as EU; null for an unknown one."
        }
    }
}
