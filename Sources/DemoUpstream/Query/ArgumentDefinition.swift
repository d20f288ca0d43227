/// An argument of the schema.
struct ArgumentDefinition {
    /// What an argument accepts.
    enum Kind {
        /// An `Int` within a range; it is required unless it has a default (`standard`).
        case int(ClosedRange<Int>, standard: Int?)
        /// A list of up to `count` different names.
        case names(count: Int)
        /// An `ID`, which is required.
        case id
    }

    let name: String
    let kind: Kind

    /// The most bytes of padding in all events of one burst.
    static let maximumBurstBytes = 8 * 1024 * 1024

    static let payload = ArgumentDefinition(name: "payloadBytes", kind: .int(0...4 * 1024 * 1024, standard: 0))
    static let burst = ArgumentDefinition(name: "burst", kind: .int(1...10_000, standard: 1))
    static let from = ArgumentDefinition(name: "from", kind: .int(0...1_000_000, standard: nil))
    static let code = ArgumentDefinition(name: "code", kind: .id)
    static let symbols = ArgumentDefinition(name: "symbols", kind: .names(count: 32))

    static func interval(standard: Int) -> ArgumentDefinition {
        ArgumentDefinition(name: "intervalMs", kind: .int(0...3_600_000, standard: standard))
    }

    /// Whether a variable of a declared type may be used; `hasStandard` says whether the variable has a default.
    func accepts(_ type: String, hasStandard: Bool) -> Bool {
        switch kind {
        case .int(_, standard: nil): type == "Int!" || type == "Int" && hasStandard
        case .int: type == "Int" || type == "Int!"
        case .names: type == "[String!]" || type == "[String!]!"
        case .id: type == "ID!" || type == "ID" && hasStandard
        }
    }

    /// The argument as the schema writes it.
    var text: String {
        switch kind {
        case .int(_, standard: nil): "\(name): Int!"
        case .int(_, standard: let standard?): "\(name): Int = \(standard)"
        case .names: "\(name): [String!]"
        case .id: "\(name): ID!"
        }
    }
}
