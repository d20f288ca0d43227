/// The places of everything that a machine needs in a message; no bytes are copied.
///
/// Of duplicate members the last one counts, as with `JSON.parse`, so that the relay and its peers never read the same
/// bytes differently.
/// never read the same bytes differently.
package struct Message: Sendable, Hashable {
    /// The type in `graphql-transport-ws`; the legacy protocol reads the token itself.
    package internal(set) var kind: MessageType = .unknown

    /// The member `type`, of any kind.
    package internal(set) var type: JSONToken = .absent

    /// The member `id`, of any kind.
    package internal(set) var id: JSONToken = .absent

    /// The member `payload`, of any kind.
    package internal(set) var payload: JSONToken = .absent

    /// The payload's member `data`, if the payload is an object.
    package internal(set) var data: JSONToken = .absent

    /// The payload's member `errors`, if the payload is an object.
    package internal(set) var errors: JSONToken = .absent

    /// The payload's member `extensions`, if the payload is an object.
    package internal(set) var extensions: JSONToken = .absent

    /// The payload's member `query`, if the payload is an object.
    package internal(set) var query: JSONToken = .absent

    /// The payload's member `operationName`, if the payload is an object.
    package internal(set) var operationName: JSONToken = .absent

    /// The payload's member `variables`, if the payload is an object.
    package internal(set) var variables: JSONToken = .absent

    /// Whether the id is a non-empty string, as every message with an id requires.
    package var hasValidID: Bool { id.kind == .string && !id.contents.isEmpty }

    /// Whether the payload is allowed in `connection_init`, `connection_ack`, `ping` and `pong`.
    package var hasOptionalObjectPayload: Bool { payload.isAbsentOrNull || payload.kind == .object }

    /// The payload's bytes, if it is an object.
    package var objectPayload: Range<Int>? { payload.kind == .object ? payload.range : nil }

    mutating func forgetPayload() {
        data = .absent
        errors = .absent
        extensions = .absent
        query = .absent
        operationName = .absent
        variables = .absent
    }
}
