internal import Fanout
internal import WebSockets

extension GraphQLEvents {
    /// A complete answer with the one result of an operation.
    static func response(result: [UInt8]) -> HTTPResponse {
        HTTPResponse(contentType: contentType, body: next(result) + complete)
    }

    /// A complete answer with errors only: the operation wasn't executed.
    static func response(errors: [UInt8]) -> HTTPResponse {
        HTTPResponse(contentType: contentType, body: next(errors: errors) + complete)
    }
}
