/// The JSON object of a GraphQL request: the body of an HTTP POST, and the payload of `subscribe` and `start`.
package enum RequestBody {
    /// The `Content-Type` of a body.
    package static let contentType = "application/json"

    /// Whether a `Content-Type` is that of a body; of its parameters only `charset` matters.
    package static func isContentType(_ value: String?) -> Bool { ResponseMediaType(value) == .json }

    /// The body of a request, with only the members that the request has.
    package static func encode(_ request: GraphQLRequest) -> [UInt8] {
        var output: [UInt8] = []
        append(request, to: &output)
        return output
    }

    /// Appends the object to a message that is being written.
    static func append(_ request: GraphQLRequest, to output: inout [UInt8]) {
        output.append("{\"query\":")
        JSONString.append(request.query, to: &output)
        if let operationName = request.operationName {
            output.append(",\"operationName\":")
            JSONString.append(operationName, to: &output)
        }
        if let variables = request.variables {
            output.append(",\"variables\":")
            output.append(contentsOf: variables)
        }
        if let extensions = request.extensions {
            output.append(",\"extensions\":")
            output.append(contentsOf: extensions)
        }
        output.append(UInt8(ascii: "}"))
    }
}
