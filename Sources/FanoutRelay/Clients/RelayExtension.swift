internal import Fanout
internal import GraphQLTransport

/// What a GraphQL client can ask of the relay, in members named `relay`, which other servers ignore.
enum RelayExtension {
    /// The payload of `connection_ack` for a client that gets tokens.
    static let acknowledgement = Array(#"{"relay":{"tokens":true}}"#.utf8)

    /// True when the payload of `connection_init` contains `{"relay":{"tokens":true}}`; any other value asks for
    /// nothing.
    static func asksForTokens(_ payload: Range<Int>?, in message: Span<UInt8>) -> Bool {
        let tokens = member("tokens", of: payload, in: message)
        return tokens.kind == .boolean && message[tokens.range.lowerBound] == UInt8(ascii: "t")
    }

    /// The start position of a `subscribe`: `{"relay":{"after":TOKEN}}` or `{"relay":{"last":COUNT}}`.
    static func startPosition(_ extensions: [UInt8]?) throws(StartPositionError) -> StartPosition {
        guard let extensions else { return .usual }
        let message = extensions.span
        let after = member("after", of: extensions.indices, in: message)
        guard after.isAbsentOrNull || after.kind == .string else { throw StartPositionError.after }
        let last = member("last", of: extensions.indices, in: message)
        guard last.isAbsentOrNull || last.kind == .number else { throw StartPositionError.last }
        return try StartPosition(
            after: JSONString.decode(after, in: message),
            last: last.kind == .number ? text(of: message.extracting(last.range)) : nil
        )
    }

    private static func member(
        _ name: StaticString,
        of object: Range<Int>?,
        in message: Span<UInt8>
    ) -> JSONToken {
        guard let object else { return .absent }
        let relay = JSONScanner.member("relay", of: object, in: message)
        return relay.kind == .object ? JSONScanner.member(name, of: relay.range, in: message) : .absent
    }

    private static func text(of bytes: Span<UInt8>) -> String {
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}
