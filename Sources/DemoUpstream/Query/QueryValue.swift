/// The value of an argument or of a variable, as far as the schema needs to tell values apart.
enum QueryValue: Equatable {
    case null
    /// A number as it is written.
    case number(String)
    case string(String)
    case boolean(Bool)
    case list([QueryValue])
    /// An enum value or an object, which no argument takes.
    case other(String)
    case variable(String)

    /// The value for people.
    var description: String {
        switch self {
        case .null: "null"
        case .number(let text): String(text.prefix(64))
        case .string(let text): QueryError.quote(text)
        case .boolean(let flag): flag ? "true" : "false"
        case .list: "a list"
        case .other(let text): String(text.prefix(64))
        case .variable(let name): "$\(name.prefix(64))"
        }
    }
}
