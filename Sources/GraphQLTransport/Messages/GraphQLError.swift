/// One error of a GraphQL response (GraphQL specification, section 7.1.2).
///
/// What a server sends in another shape than the specification's is left out, member by member: reading it never fails.
public struct GraphQLError: Sendable, Hashable, CustomStringConvertible {
    /// A place in the request's document.
    public struct Location: Sendable, Hashable, CustomStringConvertible {
        /// The line, from 1.
        public let line: Int
        /// The column, from 1.
        public let column: Int

        /// Line and column, with a colon.
        public var description: String { "\(line):\(column)" }
    }

    /// A step on the way from the response's root to the field that failed.
    public enum PathElement: Sendable, Hashable, CustomStringConvertible {
        /// A member of an object, by its name in the response.
        case field(String)
        /// An element of a list, from 0.
        case index(Int)

        /// The name or the number.
        public var description: String {
            switch self {
            case .field(let name): name
            case .index(let index): String(index)
            }
        }
    }

    /// What went wrong, for people; the JSON as it is where a server sent no text.
    public let message: String

    /// Where in the response the field is that failed; empty if the error belongs to no field.
    public let path: [PathElement]

    /// Where in the document the cause is; empty if the server says nothing of it.
    public let locations: [Location]

    /// What the server adds, a JSON object in UTF-8 as it was sent; nil if it adds nothing.
    public let extensions: [UInt8]?

    /// The text `code` of the extensions, by which many servers tell errors apart, such as `UNAUTHENTICATED`.
    public let code: String?

    /// The message and the path, on one line.
    public var description: String {
        let place = path.isEmpty ? "" : " (at \(path.map(\.description).joined(separator: ".")))"
        return (message + place).onOneLine
    }
}
