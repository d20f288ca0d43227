internal import Fanout
internal import WebSockets

extension GraphQLEvents {
    /// The whole answer of an operation with one result.
    static func response(result: [UInt8]) -> HTTPResponse {
        HTTPResponse(contentType: contentType, body: next(result) + complete)
    }

    /// The whole answer of an operation that never began.
    static func response(errors: [UInt8]) -> HTTPResponse {
        HTTPResponse(contentType: contentType, body: next(errors: errors) + complete)
    }
}
