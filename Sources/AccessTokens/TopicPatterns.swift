/// Which topics the bearer of a token may have.
package enum TopicPatterns: Sendable, Hashable {
    /// Every one.
    case all
    /// Those of these names; an entry with `*` at its end stands for all that begin with what is before it.
    ///
    /// Without an entry it is none.
    case names([String])

    /// Patterns as they are written; `*` alone stands for every topic.
    package init(_ names: [String]) { self = names.contains("*") ? .all : .names(names) }

    /// Whether a topic is among them; names are compared byte by byte.
    package func permits(_ topic: String) -> Bool {
        switch self {
        case .all: true
        case .names(let names):
            names.contains { name in
                name.utf8.last == UInt8(ascii: "*")
                    ? topic.utf8.starts(with: name.utf8.dropLast()) : name.isExactly(topic)
            }
        }
    }
}
