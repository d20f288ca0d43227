internal import GraphQLTransport

/// The server's result of one operation: the raw JSON of an ExecutionResult, validated and never decoded.
///
/// It has no errors: a result with errors is thrown as a ``QueryError``. Give ``data`` to the JSON decoder that you
/// like.
public struct ExecutionResult: Sendable, Hashable {
    /// The whole result, JSON as UTF-8, as the server sent it: `{"data":…}`, perhaps with `extensions`.
    public let bytes: [UInt8]
    private let dataPlace: Range<Int>?
    private let extensionsPlace: Range<Int>?

    /// The member `data`, JSON as UTF-8; nil if the server sent none, and `null` as four bytes.
    public var data: ArraySlice<UInt8>? { dataPlace.map { bytes[$0] } }

    /// The member `extensions`, JSON as UTF-8; nil if the server sent none.
    public var extensions: ArraySlice<UInt8>? { extensionsPlace.map { bytes[$0] } }

    /// The whole result as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Takes a response that was found in `bytes`.
    ///
    /// - Throws: `QueryError` for one with errors, `SessionError.inParts` for the first part of one.
    init(_ response: GraphQLResponse, in bytes: [UInt8]) throws {
        if response.hasNext { throw SessionError.inParts }
        if let error = QueryError(response, in: bytes) { throw error }
        self.bytes = bytes
        dataPlace = response.data
        extensionsPlace = response.extensions
    }

    /// Takes the payload of a link's message; throws as `init(_:in:)` does.
    init(payload: [UInt8]) throws {
        let response: GraphQLResponse
        do {
            response = try GraphQLResponse.scan(payload: payload.span)
        } catch {
            throw SessionError.noResult
        }
        try self.init(response, in: payload)
    }
}
