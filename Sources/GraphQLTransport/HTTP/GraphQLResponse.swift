/// The places of a GraphQL response's parts in the body of an HTTP answer; no bytes are copied.
package struct GraphQLResponse: Sendable, Hashable {
    /// The value of the header `Accept` for what `scan` understands.
    package static let accept = "application/graphql-response+json, application/json;q=0.9"

    /// The whole response, an object.
    package let payload: Range<Int>

    /// The member `data`, an object or `null`; nil if it is missing, so that nothing was executed.
    package let data: Range<Int>?

    /// The member `errors`, a non-empty array of errors with a `message`; nil if there are none.
    ///
    /// Over a link it may be of any kind, except null and an empty array.
    package let errors: Range<Int>?

    /// The member `extensions`, an object; nil if it is missing or null.
    package let extensions: Range<Int>?

    /// Whether further parts follow, by the member `hasNext` (incremental delivery).
    package let hasNext: Bool

    /// Finds the response in a payload of a link; `data` and `errors` may be of any kind.
    ///
    /// Only over HTTP strictness is needed, to tell a response from what a proxy sends.
    package static func scan(payload bytes: Span<UInt8>) throws(GraphQLResponseError) -> GraphQLResponse {
        try GraphQLResponse(bytes, isStrict: false)
    }

    /// Finds the response in an HTTP answer, by the rules of GraphQL over HTTP for its media type and status code.
    ///
    /// With `application/graphql-response+json` the body is a response, whatever the status code. With
    /// `application/json` it is one only if the code is 2xx: any other answer may come from a proxy.
    package static func scan(
        _ bytes: Span<UInt8>,
        contentType: String?,
        status: Int
    ) throws(GraphQLResponseError) -> GraphQLResponse {
        let isSuccess = (200...299).contains(status)
        switch ResponseMediaType(contentType) {
        case .graphQL:
            do {
                return try GraphQLResponse(bytes)
            } catch {
                throw isSuccess ? error : .status(status, errors: nil)
            }
        case .json:
            if isSuccess { return try GraphQLResponse(bytes) }
            throw .status(status, errors: (try? GraphQLResponse(bytes))?.errors)
        case .other:
            let response = try? GraphQLResponse(bytes)
            if isSuccess, let response { return response }
            throw isSuccess ? .mediaType(contentType.map(CloseCode.clip)) : .status(status, errors: response?.errors)
        }
    }

    private init(_ bytes: Span<UInt8>, isStrict: Bool = true) throws(GraphQLResponseError) {
        let message: Message
        do {
            message = try MessageScanner.scanPayload(bytes, maximumDepth: JSONScanner.depthLimit)
        } catch {
            throw .malformed(error)
        }
        let hasErrors = GraphQLErrors.occur(in: message.errors, of: bytes)
        if isStrict {
            guard message.data.isAbsentOrNull || message.data.kind == .object else { throw .invalidMember("data") }
            guard !hasErrors || GraphQLErrors.isValid(message.errors, in: bytes) else { throw .invalidMember("errors") }
            guard message.extensions.isAbsentOrNull || message.extensions.kind == .object else {
                throw .invalidMember("extensions")
            }
        }
        let next = JSONScanner.member("hasNext", of: message.payload.range, in: bytes)
        hasNext = next.kind == .boolean && bytes[next.range.lowerBound] == UInt8(ascii: "t")
        guard hasErrors || hasNext || message.data.kind != .absent else { throw .noResult }
        payload = message.payload.range
        data = message.data.kind == .absent ? nil : message.data.range
        errors = hasErrors ? message.errors.range : nil
        extensions = message.extensions.isAbsentOrNull ? nil : message.extensions.range
    }
}
