/// Builds the messages of `graphql-transport-ws` by splicing; raw JSON parts must have been validated.
///
/// Optional members are left out, and not written as null (P6, P9, P25).
package enum MessageWriter {
    /// What follows the payload of a `next` message.
    package static let nextSuffix: [UInt8] = [UInt8(ascii: "}")]

    /// `connection_init`, with a raw JSON object as payload if there is one (C1).
    package static func connectionInit(payload: [UInt8]? = nil) -> [UInt8] {
        message("{\"type\":\"connection_init\"", payload: payload)
    }

    /// `connection_ack`, with a raw JSON object as payload if there is one (P6).
    package static func connectionAck(payload: [UInt8]? = nil) -> [UInt8] {
        message("{\"type\":\"connection_ack\"", payload: payload)
    }

    /// `ping`, with a raw JSON object as payload if there is one.
    package static func ping(payload: [UInt8]? = nil) -> [UInt8] {
        message("{\"type\":\"ping\"", payload: payload)
    }

    /// `pong`, with a raw JSON object as payload if there is one (P9).
    package static func pong(payload: [UInt8]? = nil) -> [UInt8] {
        message("{\"type\":\"pong\"", payload: payload)
    }

    /// `pong` with the payload of the ping that it answers.
    static func pong(payload: Range<Int>?, of ping: Span<UInt8>) -> [UInt8] {
        guard let payload else { return pong() }
        var output: [UInt8] = []
        output.reserveCapacity(payload.count + 32)
        output.append("{\"type\":\"pong\",\"payload\":")
        output.append(ping, in: payload)
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// `subscribe` under an id.
    package static func subscribe(id: String, _ request: GraphQLRequest) -> [UInt8] {
        var output = head(id: id, type: "\"subscribe\",\"payload\":")
        RequestBody.append(request, to: &output)
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// The part of a `next` message before its payload; `nextSuffix` follows the payload.
    package static func nextPrefix(id: String) -> [UInt8] {
        head(id: id, type: "\"next\",\"payload\":")
    }

    /// A whole `next` message with a raw JSON object as payload.
    package static func next(id: String, payload: [UInt8]) -> [UInt8] {
        var output = nextPrefix(id: id)
        output.append(contentsOf: payload)
        output.append(contentsOf: nextSuffix)
        return output
    }

    /// `error` with a raw JSON array of GraphQL errors, which must not be empty (P16).
    package static func error(id: String, errors: [UInt8]) -> [UInt8] {
        var output = head(id: id, type: "\"error\",\"payload\":")
        output.append(contentsOf: errors)
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// `error` with one GraphQL error of this message (P16).
    package static func error(id: String, message: String) -> [UInt8] {
        error(id: id, errors: errors(message: message))
    }

    /// A raw JSON array of one GraphQL error that has this message, and the place in its document if it has one.
    package static func errors(message: String, locations: [UInt8]? = nil) -> [UInt8] {
        var output: [UInt8] = []
        output.append("[{\"message\":")
        JSONString.append(message, to: &output)
        if let locations {
            output.append(",\"locations\":")
            output += locations
        }
        output.append("}]")
        return output
    }

    /// `complete` for an id.
    package static func complete(id: String) -> [UInt8] {
        var output = head(id: id, type: "\"complete\"")
        output.append(UInt8(ascii: "}"))
        return output
    }

    private static func message(_ head: StaticString, payload: [UInt8]?) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(head.utf8CodeUnitCount + (payload?.count ?? 0) + 16)
        output.append(head)
        if let payload {
            output.append(",\"payload\":")
            output.append(contentsOf: payload)
        }
        output.append(UInt8(ascii: "}"))
        return output
    }

    /// The beginning of a message with an id; `type` contains its quotes and what follows it.
    static func head(id: String, type: StaticString) -> [UInt8] {
        var output: [UInt8] = []
        // The exact size, since each subscriber keeps one of these.
        output.reserveCapacity(16 + id.utf8.count + type.utf8CodeUnitCount)
        output.append("{\"id\":")
        JSONString.append(id, to: &output)
        output.append(",\"type\":")
        output.append(type)
        return output
    }
}
