/// What is known of a message that can't be read as a whole: its type and its operation.
///
/// Of duplicate members the last one counts, as everywhere.
package struct MessageSketch: Sendable, Hashable {
    /// The id, if a session could have assigned it.
    package let id: UInt64?

    /// The type with quotes, if it is a string that isn't longer than the longest known type.
    private let type: [UInt8]

    /// Makes a sketch from a decoded id and type.
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
