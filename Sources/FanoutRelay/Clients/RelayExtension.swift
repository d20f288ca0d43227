internal import Fanout
internal import GraphQLTransport

/// What a GraphQL client can ask of the relay, in members named `relay`, which other servers ignore.
enum RelayExtension {
    /// The start position of a `subscribe`: `{"relay":{"after":TOKEN}}` or `{"relay":{"last":COUNT}}`.
    static func startPosition(_ extensions: [UInt8]?) throws(StartPositionError) -> StartPosition {
        guard let extensions else { return .usual }
        let message = extensions.span
        let after = RelayMembers.member("after", of: extensions.indices, in: message)
        guard after.isAbsentOrNull || after.kind == .string else { throw StartPositionError.after }
        let last = RelayMembers.member("last", of: extensions.indices, in: message)
        guard last.isAbsentOrNull || last.kind == .number else { throw StartPositionError.last }
        return try StartPosition(
            after: JSONString.decode(after, in: message),
            last: last.kind == .number ? text(of: message.extracting(last.range)) : nil
        )
    }

    private static func text(of bytes: Span<UInt8>) -> String {
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}
