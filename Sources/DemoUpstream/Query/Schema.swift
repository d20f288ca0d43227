/// The schema as text.
enum Schema {
    /// In the schema definition language.
    static let text: String = {
        var lines = ["type Query {"]
        lines += fields(RootField.allCases.filter(\.isQuery))
        lines += ["}", "", "type Subscription {"]
        lines += fields(RootField.allCases.filter { !$0.isQuery })
        lines.append("}")
        for object in [ObjectDefinition.tick, .price, .continent()] {
            lines += ["", "type \(object.name) {"]
            lines += object.fields.map { "  \($0.name): \($0.type)" }
            lines.append("}")
        }
        return lines.joined(separator: "\n")
    }()

    private static func fields(_ fields: [RootField]) -> [String] {
        fields.flatMap { field in
            let arguments = field.arguments.map(\.text).joined(separator: ", ")
            return [
                "  # \(field.summary)",
                "  \(field.rawValue)\(arguments.isEmpty ? "" : "(\(arguments))"): \(field.type)",
            ]
        }
    }
}
