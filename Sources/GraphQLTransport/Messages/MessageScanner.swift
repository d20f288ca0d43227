/// Finds the parts of a message in one pass, which validates all of its bytes.
///
/// Nothing is decoded or allocated. A payload that passes is well-formed, and can be spliced into other messages
/// unchanged.
package enum MessageScanner {
    /// Scans a message, which must be an object; `maximumDepth` includes that object.
    package static func scan(
        _ bytes: Span<UInt8>,
        maximumDepth: Int = JSONScanner.defaultDepth
    ) throws(ScanError) -> Message {
        var position = try start(of: bytes)
        let depth = Swift.min(maximumDepth, JSONScanner.depthLimit)
        var message = Message()
        var members = try JSONMembers(bytes, &position, depth: depth)
        while let key = try members.nextKey(bytes, &position) {
            if JSONString.equals(key, "payload", in: bytes) {
                message.forgetPayload()
                message.payload = try payload(bytes, &position, depth: depth - 1, into: &message)
            } else if JSONString.equals(key, "id", in: bytes) {
                message.id = try JSONScanner.value(bytes, &position, depth: depth - 1)
            } else if JSONString.equals(key, "type", in: bytes) {
                message.type = try JSONScanner.value(bytes, &position, depth: depth - 1)
            } else {
                _ = try JSONScanner.value(bytes, &position, depth: depth - 1)
            }
        }
        try JSONScanner.expectEnd(bytes, &position)
        message.kind = MessageType(message.type, in: bytes)
        return message
    }

    /// Scans a payload on its own, such as the body of a GraphQL request over HTTP; it must be an object.
    package static func scanPayload(
        _ bytes: Span<UInt8>,
        maximumDepth: Int = JSONScanner.defaultDepth
    ) throws(ScanError) -> Message {
        var position = try start(of: bytes)
        var message = Message()
        let depth = Swift.min(maximumDepth, JSONScanner.depthLimit)
        message.payload = try payload(bytes, &position, depth: depth, into: &message)
        try JSONScanner.expectEnd(bytes, &position)
        return message
    }

    /// The position of the object's opening brace.
    private static func start(of bytes: Span<UInt8>) throws(ScanError) -> Int {
        guard bytes.count <= JSONScanner.maximumLength else {
            throw ScanError(reason: .tooLong, offset: JSONScanner.maximumLength)
        }
        var position = 0
        JSONScanner.skipWhitespace(bytes, &position)
        guard position < bytes.count else { throw ScanError(reason: .unexpectedEnd, offset: position) }
        guard bytes[position] == UInt8(ascii: "{") else { throw ScanError(reason: .notAnObject, offset: position) }
        return position
    }

    private static func payload(
        _ bytes: Span<UInt8>,
        _ position: inout Int,
        depth: Int,
        into message: inout Message
    ) throws(ScanError) -> JSONToken {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else {
            return try JSONScanner.value(bytes, &position, depth: depth)
        }
        let start = position
        var members = try JSONMembers(bytes, &position, depth: depth)
        while let key = try members.nextKey(bytes, &position) {
            let value = try JSONScanner.value(bytes, &position, depth: depth - 1)
            if JSONString.equals(key, "data", in: bytes) {
                message.data = value
            } else if JSONString.equals(key, "errors", in: bytes) {
                message.errors = value
            } else if JSONString.equals(key, "extensions", in: bytes) {
                message.extensions = value
            } else if JSONString.equals(key, "query", in: bytes) {
                message.query = value
            } else if JSONString.equals(key, "variables", in: bytes) {
                message.variables = value
            } else if JSONString.equals(key, "operationName", in: bytes) {
                message.operationName = value
            }
        }
        return JSONToken(.object, from: start, to: position)
    }
}
