/// The places of the parts of a GraphQL response in the body of an HTTP answer; the bytes stay where they are.
package struct GraphQLResponse: Sendable, Hashable {
    /// The value of the header `Accept` that asks for what `scan` understands.
    package static let accept = "application/graphql-response+json, application/json;q=0.9"

    /// The whole response, an object.
    package let payload: Range<Int>

    /// The member `data`, an object or `null`; nil if it is missing, which means that nothing was executed.
    package let data: Range<Int>?

    /// The member `errors`, an array, not empty, of errors with a `message`; nil if there are none.
    ///
    /// Over a link it is whatever the server sent, except null and an empty array.
    package let errors: Range<Int>?

    /// The member `extensions`, an object; nil if it is missing or null.
    package let extensions: Range<Int>?

    /// Whether it is the first part of several, by its member `hasNext` (incremental delivery).
    package let hasNext: Bool

    /// Finds the response in a payload of a link, which owes nobody the strictness that tells a response over HTTP from
    /// what a proxy says: `data` and `errors` are of any kind.
    package static func scan(payload bytes: Span<UInt8>) throws(GraphQLResponseError) -> GraphQLResponse {
        try GraphQLResponse(bytes, isStrict: false)
    }

    /// Finds the response in an answer, by the rules of GraphQL over HTTP for its media type and status code.
    ///
    /// `application/graphql-response+json` says that the body is a response whatever the status code. With
    /// `application/json` that holds only for a code of 2xx: any other may come from a proxy. Any other media type is
    /// taken for `application/json` if the body is a response: servers name `text/plain` or `application/problem+json`.
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
