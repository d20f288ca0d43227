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

    /// The member of a scanned payload in which an escape stands for no character; nil when all is text.
    ///
    /// To be asked before the request is read: what is decoded of such a string is another one. Extensions aren't looked
    /// at.
    package static func memberThatIsNoText(_ message: Message, in bytes: Span<UInt8>) -> String? {
        let members = [
            ("query", message.query), ("operationName", message.operationName), ("variables", message.variables),
        ]
        return members.first { JSONString.hasLoneSurrogate(in: $0.1.range, of: bytes) }?.0
    }

    /// What is wrong with a member that is no text, in words for the client.
    package static func loneSurrogate(in member: String) -> String {
        "\(member) has a lone surrogate: an escape such as \\uD83D stands for a character only with its other half"
    }

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
