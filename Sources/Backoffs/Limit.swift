/// A limit of a back-off: known from the start, or asked for when a budget needs it.
enum Limit<Value: Sendable>: Sendable {
    case fixed(Value?)
    case asked(@Sendable () -> Value?)

    /// The limit as it is now; nil is without limit.
    var value: Value? {
        switch self {
        case .fixed(let value): value
        case .asked(let ask): ask()
        }
    }

    /// The limit in a text, without asking for it.
    func text(of spell: (Value) -> String) -> String {
        switch self {
        case .fixed(let value): value.map(spell) ?? "unlimited"
        case .asked: "custom"
        }
    }
}
