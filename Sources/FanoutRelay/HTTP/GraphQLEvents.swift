internal import WebSockets

/// An operation's results as server-sent events (GraphQL over SSE, distinct connections mode).
enum GraphQLEvents {
    static let contentType = "text/event-stream"

    /// Tells that there are no more results; the empty `data` makes a browser's `EventSource` tell of it.
    static let complete = Array("event: complete\ndata:\n\n".utf8)

    /// One result: an ExecutionResult.
    static func next(_ result: some Collection<UInt8>) -> [UInt8] {
        var event = Array("event: next\ndata: ".utf8)
        EventWriter.appendLine(result, to: &event)
        return event + Array("\n\n".utf8)
    }

    /// A result with nothing but errors, a JSON array.
    static func next(errors: [UInt8]) -> [UInt8] {
        next(Array(#"{"errors":"#.utf8) + errors + [UInt8(ascii: "}")])
    }

    /// The whole answer of an operation with one result.
    static func response(result: [UInt8]) -> HTTPResponse {
        HTTPResponse(contentType: contentType, body: next(result) + complete)
    }

    /// The whole answer of an operation that never began.
    static func response(errors: [UInt8]) -> HTTPResponse {
        HTTPResponse(contentType: contentType, body: next(errors: errors) + complete)
    }
}
