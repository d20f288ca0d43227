/// Why an HTTP answer contains no GraphQL response.
package enum GraphQLResponseError: Error, Hashable, CustomStringConvertible {
    /// The status code says that there is none, and the body can't be trusted.
    ///
    /// A body of `application/json` may still look like a response with errors, whose place is given for messages to
    /// people.
    case status(Int, errors: Range<Int>?)

    /// A success with another media type, or with none.
    case mediaType(String?)

    /// The body isn't a JSON object.
    case malformed(ScanError)

    /// A member of the response is of the wrong kind.
    case invalidMember(String)

    /// The response has neither `data` nor errors.
    case noResult

    /// Whether the same request may get another answer later: 408, 425, 429, 500, 502, 503 and 504.
    package var isTransient: Bool {
        switch self {
        case .status(let code, _): [408, 425, 429, 500, 502, 503, 504].contains(code)
        case .mediaType, .malformed, .invalidMember, .noResult: false
        }
    }

    /// One line.
    package var description: String {
        switch self {
        case .status(let code, _): "the server answers with status \(code)"
        case .mediaType(nil): "the answer names no media type"
        case .mediaType(let type?): "the answer is no GraphQL response but \(type)"
        case .malformed(let error): "the answer is no JSON object: \(error)"
        case .invalidMember(let member): "the response's member \(member) is invalid"
        case .noResult: "the response has neither data nor errors"
        }
    }
}
