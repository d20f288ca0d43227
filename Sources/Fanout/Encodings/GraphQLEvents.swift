/// An operation's results as server-sent events (GraphQL over SSE, distinct connections mode).
package enum GraphQLEvents {
    package static let contentType = "text/event-stream"

    /// Says that no more results follow.
    ///
    /// A browser's `EventSource` ignores an event without a `data` field, hence an empty one.
    package static let complete = Array("event: complete\ndata:\n\n".utf8)

    /// One result: an ExecutionResult.
    package static func next(_ result: some Collection<UInt8>) -> [UInt8] {
        var event = Array("event: next\ndata: ".utf8)
        EventWriter.appendLine(result, to: &event)
        return event + Array("\n\n".utf8)
    }

    /// A result that consists of errors only, given as a JSON array.
    package static func next(errors: [UInt8]) -> [UInt8] {
        next(Array(#"{"errors":"#.utf8) + errors + [UInt8(ascii: "}")])
    }
}
