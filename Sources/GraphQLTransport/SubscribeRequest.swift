/// What a client asks for in a `subscribe` message.
package struct SubscribeRequest: Sendable, Hashable {
    /// The GraphQL document, decoded.
    package let query: String

    /// The operation to run, if the client names one.
    package let operationName: String?

    /// The variables, a JSON object within the message; nil if they are missing or null.
    package let variables: Range<Int>?

    /// The extensions, a JSON object within the message; nil if they are missing or null.
    package let extensions: Range<Int>?

    /// Reads a request out of a scanned payload; nil if a member is missing or of a wrong kind (P8).
    package init?(_ message: Message, in bytes: Span<UInt8>) {
        guard message.payload.kind == .object,
            let query = JSONString.decode(message.query, in: bytes),
            message.operationName.isAbsentOrNull || message.operationName.kind == .string,
            message.variables.isAbsentOrNull || message.variables.kind == .object,
            message.extensions.isAbsentOrNull || message.extensions.kind == .object
        else { return nil }
        self.query = query
        self.operationName = JSONString.decode(message.operationName, in: bytes)
        self.variables = message.variables.kind == .object ? message.variables.range : nil
        self.extensions = message.extensions.kind == .object ? message.extensions.range : nil
    }
}
