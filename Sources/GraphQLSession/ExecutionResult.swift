internal import GraphQLTransport

/// The server's result of one operation: the raw JSON of an ExecutionResult, validated and never decoded.
///
/// It has no errors: a result with errors is thrown as a ``QueryError``. Give ``data`` to the JSON decoder that you
/// like.
public struct ExecutionResult: Sendable, Hashable {
    /// The whole result, JSON as UTF-8: `{"data":…}`, perhaps with `extensions`.
    public let bytes: [UInt8]
    private let dataRange: Range<Int>?

    /// The member `data`, JSON as UTF-8; nil if the server sent none, and `null` as four bytes.
    public var data: ArraySlice<UInt8>? { dataRange.map { bytes[$0] } }

    /// The whole result as text.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Takes a response that was found in `bytes`; one with errors is thrown.
    init(_ response: GraphQLResponse, in bytes: [UInt8]) throws(QueryError) {
        if let errors = response.errors {
            throw QueryError(errors: Array(bytes[errors]), data: response.data.map { Array(bytes[$0]) })
        }
        self.bytes = bytes
        dataRange = response.data
    }

    /// Takes the payload of a link's message; throws `QueryError` for one with errors.
    init(payload: [UInt8]) throws {
        let response: GraphQLResponse
        do {
            response = try GraphQLResponse.scan(payload.span, contentType: RequestBody.contentType, status: 200)
        } catch {
            throw SessionError.noResult
        }
        try self.init(response, in: payload)
    }
}
