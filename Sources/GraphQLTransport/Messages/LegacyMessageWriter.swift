/// Builds the messages of the legacy `graphql-ws` that differ from those of `graphql-transport-ws`.
///
/// `connection_init`, `connection_ack` and `complete` are the same in both and are built by `MessageWriter`. Raw JSON
/// parts must have been validated.
package enum LegacyMessageWriter {
    /// `ka`, the server's keep-alive (L2).
    package static let keepAlive: [UInt8] = Array(#"{"type":"ka"}"#.utf8)

    /// `connection_terminate`, which a client sends before it closes.
    package static let connectionTerminate: [UInt8] = Array(#"{"type":"connection_terminate"}"#.utf8)

    /// `connection_error` with a message: a refused init, or a message that could not be read (L3).
    package static func connectionError(message: String) -> [UInt8] {
        var output: [UInt8] = []
        output.append("{\"type\":\"connection_error\",\"payload\":{\"message\":")
        JSONString.append(message, to: &output)
        output.append("}}")
        return output
    }

    /// `start` under an id.
    package static func start(id: String, _ request: GraphQLRequest) -> [UInt8] {
        var output = MessageWriter.head(id: id, type: "\"start\",\"payload\":")
        RequestBody.append(request, to: &output)
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// `stop` for an id.
    package static func stop(id: String) -> [UInt8] {
        var output = MessageWriter.head(id: id, type: "\"stop\"")
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// The part of a `data` message before its payload; `MessageWriter.nextSuffix` follows the payload.
    package static func dataPrefix(id: String) -> [UInt8] {
        MessageWriter.head(id: id, type: "\"data\",\"payload\":")
    }

    /// A whole `data` message with a raw JSON object as payload.
    package static func data(id: String, payload: [UInt8]) -> [UInt8] {
        var output = dataPrefix(id: id)
        output.append(contentsOf: payload)
        output.append(contentsOf: MessageWriter.nextSuffix)
        return output
    }

    /// The `data` message with which an operation fails; a `complete` must follow it (L8).
    ///
    /// The errors are a raw JSON array of GraphQL errors, not empty.
    package static func failure(id: String, errors: [UInt8]) -> [UInt8] {
        var output = dataPrefix(id: id)
        output.append("{\"data\":null,\"errors\":")
        output.append(contentsOf: errors)
        output.append("}}")
        return output
    }

    /// `error` with one raw GraphQL error, which ends an operation that wasn't executed (L4).
    package static func error(id: String, error: Span<UInt8>) -> [UInt8] {
        var output = MessageWriter.head(id: id, type: "\"error\",\"payload\":")
        output.append(error, in: 0..<error.count)
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// The same with one GraphQL error of this message (L4).
    package static func error(id: String, message: String) -> [UInt8] {
        var output = MessageWriter.head(id: id, type: "\"error\",\"payload\":{\"message\":")
        JSONString.append(message, to: &output)
        output.append("}}")
        return output
    }
}
