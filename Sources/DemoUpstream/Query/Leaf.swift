/// The content of a selected scalar.
enum Leaf: Hashable {
    /// The count of a tick or of a countdown.
    case number
    /// When the event was made, in milliseconds since 1970-01-01 with three decimals.
    case time
    case padding
    case symbol
    case price
    /// A text that doesn't depend on the event.
    case text(String)
    case null
    /// The name of an object type.
    case typename(String)
}
