/// A request as a client sends it: the payload of `subscribe` or `start`, or the body of a POST.
extension GraphQLRequest {
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
        self.init(
            query: query,
            operationName: JSONString.decode(message.operationName, in: bytes),
            readVariables: Self.object(message.variables, in: bytes),
            readExtensions: Self.object(message.extensions, in: bytes)
        )
    }

    /// Null is as good as none.
    private static func object(_ token: JSONToken, in bytes: Span<UInt8>) -> [UInt8]? {
        guard token.kind == .object else { return nil }
        var copy: [UInt8] = []
        copy.append(bytes, in: token.range)
        return copy
    }
}
