/// What can be known of a message that can't be read as a whole: its type, and the operation that it belongs to.
///
/// Of a member that occurs twice the last counts, as everywhere.
package struct MessageSketch: Sendable, Hashable {
    /// The id, if it is one that a session could have given out.
    package let id: UInt64?

    /// The type, if it is a string no longer than the longest that there is, with quotes around it.
    private let type: [UInt8]

    /// A sketch by its id and its type, both decoded.
    init(id: UInt64?, type: [UInt8]) {
        self.id = id
        self.type = [UInt8(ascii: "\"")] + type + [UInt8(ascii: "\"")]
    }

    /// The type in `graphql-transport-ws`.
    var kind: MessageType { MessageType(token, in: type.span) }

    /// The type in the legacy `graphql-ws`.
    var legacyKind: LegacyMessageType { LegacyMessageType(token, in: type.span) }

    private var token: JSONToken { JSONToken(.string, from: 0, to: type.count) }
}
