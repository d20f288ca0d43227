/// The value of an argument or variable, as far as the schema distinguishes them.
enum QueryValue: Equatable {
    case null
    /// A number as written.
    case number(String)
    case string(String)
    case boolean(Bool)
    case list([QueryValue])
    /// An enum value or an object, which no argument accepts.
    case other(String)
    case variable(String)

    /// The value as text for messages.
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
