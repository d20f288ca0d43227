/// A request as a client sends it: the payload of `subscribe` or `start`, or the body of a POST.
extension GraphQLRequest {
    /// The member of a scanned payload that contains half a surrogate pair; nil when all members are text.
    ///
    /// Check this before the request is read, since decoding changes such a string. Extensions aren't checked.
    package static func memberThatIsNoText(_ message: Message, in bytes: Span<UInt8>) -> String? {
        let members = [
            ("query", message.query), ("operationName", message.operationName), ("variables", message.variables),
        ]
        return members.first { JSONString.hasLoneSurrogate(in: $0.1.range, of: bytes) }?.0
    }

    /// A message for the client about a member that contains half a surrogate pair.
    package static func loneSurrogate(in member: String) -> String {
        "\(member) has a lone surrogate: an escape such as \\uD83D stands for a character only with its other half"
    }

    /// Reads a request from a scanned payload; nil if a member is missing or of a wrong kind (P8).
    ///
    /// A document that its hash stands for may be missing: it is empty then.
    package init?(_ message: Message, in bytes: Span<UInt8>) {
        let isByHash = message.query.isAbsentOrNull && PersistedQuery.isNamed(by: message, in: bytes)
        guard message.payload.kind == .object,
            let query = isByHash ? "" : JSONString.decode(message.query, in: bytes),
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

    /// The bytes of an object; nil for null too.
    private static func object(_ token: JSONToken, in bytes: Span<UInt8>) -> [UInt8]? {
        guard token.kind == .object else { return nil }
        var copy: [UInt8] = []
        copy.append(bytes, in: token.range)
        return copy
    }
}
