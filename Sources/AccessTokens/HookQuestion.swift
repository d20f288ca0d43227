internal import GraphQLTransport

/// What a hook is asked about somebody, and under what its answer is known.
package struct HookQuestion: Sendable {
    /// Most bytes of the payload of a connection's first message.
    package static let maximumPayloadSize = 64 << 10

    /// Tells questions apart without keeping them.
    package struct Key: Hashable, Sendable {
        fileprivate let digest: TokenDigest
    }

    /// The JSON object that is posted.
    package let body: [UInt8]
    /// By everything that is told.
    package let key: Key
    /// By the credential and where it was shown; nil without one.
    package let credentialKey: Key?

    /// Makes a question; what isn't known is null, and topics an empty array.
    ///
    /// - Parameters:
    ///   - credential: The token as it came; nil for none.
    ///   - kind: Where it was shown.
    ///   - peer: The client's address.
    ///   - payload: A JSON object.
    package init(
        credential: String?,
        kind: String?,
        path: String,
        origin: String?,
        peer: String,
        topics: [String],
        payload: [UInt8]?
    ) {
        var body: [UInt8] = []
        func append(_ name: String, _ value: [UInt8]) {
            body.append(UInt8(ascii: body.isEmpty ? "{" : ","))
            body += JSONString.encode(name)
            body.append(UInt8(ascii: ":"))
            body += value
        }
        func text(_ value: String?) -> [UInt8] { value.map(JSONString.encode) ?? Array("null".utf8) }
        append("credential", text(credential))
        append("kind", text(kind))
        let credentialKey = credential.map { _ in Key(digest: TokenDigest(body.span)) }
        append("path", text(path))
        append("origin", text(origin))
        append("peer", text(peer))
        let names = topics.map(JSONString.encode).joined(separator: Array(",".utf8))
        append("topics", Array("[".utf8) + names + Array("]".utf8))
        append("payload", payload ?? Array("null".utf8))
        body.append(UInt8(ascii: "}"))
        self.body = body
        key = Key(digest: TokenDigest(body.span))
        self.credentialKey = credentialKey
    }
}
