internal import Fanout
internal import GraphQLTransport

/// What a GraphQL client may ask of the relay itself, in members called `relay` that no other server looks at.
enum RelayExtension {
    /// The payload of the `connection_ack` for a client that gets tokens.
    static let acknowledgement = Array(#"{"relay":{"tokens":true}}"#.utf8)

    /// True when the payload of `connection_init` has `{"relay":{"tokens":true}}`; anything else asks for nothing.
    static func asksForTokens(_ payload: Range<Int>?, in message: Span<UInt8>) -> Bool {
        let tokens = member("tokens", of: payload, in: message)
        return tokens.kind == .boolean && message[tokens.range.lowerBound] == UInt8(ascii: "t")
    }

    /// From where on a `subscribe` wants events: `{"relay":{"after":TOKEN}}` or `{"relay":{"last":COUNT}}`.
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
