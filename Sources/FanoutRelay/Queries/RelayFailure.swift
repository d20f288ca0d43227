internal import GraphQLTransport
internal import WebSockets
internal import Wire

/// An error of the relay itself in place of a result: a GraphQL error with a code in its extensions.
struct RelayFailure: Error, Equatable {
    /// What went wrong, for programs; each code has a status over HTTP.
    enum Code: String, CaseIterable {
        /// The request can't be read, or can't be run as it is.
        case badRequest = "BAD_REQUEST"
        /// The operator doesn't allow clients to do this.
        case notAllowed = "NOT_ALLOWED"
        /// No credential, or one that is no good.
        case unauthenticated = "UNAUTHENTICATED"
        /// The credential is good, and not for this.
        case forbidden = "FORBIDDEN"
        /// Whether the credential is good couldn't be found out.
        case undecided = "ACCESS_UNDECIDED"
        /// A page of another origin that isn't allowed.
        case originNotAllowed = "ORIGIN_NOT_ALLOWED"
        /// No allowed document has the hash: the client has to send its text.
        case persistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND"
        /// A mutation by GET.
        case methodNotAllowed = "METHOD_NOT_ALLOWED"
        /// The client accepts no media type that is served.
        case notAcceptable = "NOT_ACCEPTABLE"
        /// `@defer` and `@stream` over HTTP.
        case incrementalDelivery = "INCREMENTAL_DELIVERY_NOT_SERVED"
        /// The body isn't JSON.
        case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
        /// The body is larger than a message may be.
        case bodyTooLarge = "BODY_TOO_LARGE"
        /// The unfinished messages and bodies of all clients are over their limit.
        case bodiesOverBudget = "BODIES_OVER_BUDGET"
        /// There is no link to the server.
        case unavailable = "UPSTREAM_UNAVAILABLE"
        /// The relay is going away.
        case shuttingDown = "SHUTTING_DOWN"
        /// No place became free in time.
        case tooManyRequests = "TOO_MANY_REQUESTS"
        /// The answers that wait for clients are over their limit.
        case overBudget = "ANSWERS_OVER_BUDGET"
        /// The answer is larger than the limit of one client.
        case answerTooLarge = "ANSWER_TOO_LARGE"
        /// The server's message is larger than the limit.
        case messageTooLarge = "MESSAGE_TOO_LARGE"
        /// The link broke twice while the operation ran.
        case quarantined = "OPERATION_QUARANTINED"
        /// The server didn't answer in time.
        case timedOut = "UPSTREAM_TIMEOUT"
        /// The server's answer is no result.
        case noResult = "UPSTREAM_NO_RESULT"
        /// A mutation was sent, and whether it was executed is unknown.
        case outcomeUnknown = "OUTCOME_UNKNOWN"
        /// Results came, and the link broke before the last one.
        case interrupted = "UPSTREAM_INTERRUPTED"

        fileprivate var status: Int {
            switch self {
            case .badRequest, .persistedQueryNotFound: 400
            case .notAllowed: 404
            case .unauthenticated: 401
            case .originNotAllowed, .forbidden: 403
            case .methodNotAllowed: 405
            case .notAcceptable, .incrementalDelivery: 406
            case .bodyTooLarge: 413
            case .unsupportedMediaType: 415
            case .bodiesOverBudget, .undecided, .unavailable, .shuttingDown, .tooManyRequests, .overBudget: 503
            case .quarantined: 422
            case .answerTooLarge, .messageTooLarge, .noResult, .outcomeUnknown, .interrupted: 502
            case .timedOut: 504
            }
        }
    }

    let code: Code
    let message: String
    /// The status over HTTP.
    let status: Int
    /// After how many seconds a client should ask again; nil when it shouldn't.
    let retryAfter: Int64?
    /// What is wrong with the document, if that is why.
    var flaw: DocumentError?

    init(_ code: Code, _ message: String, status: Int? = nil, retryAfter: Int64? = nil) {
        self.code = code
        self.message = message
        self.status = status ?? code.status
        self.retryAfter = retryAfter ?? (self.status == 503 ? 5 : nil)
    }

    /// The failure for a body that was refused with this status.
    init(refusedBody status: Int, _ reason: String) {
        let code: Code =
            switch status {
            case 413: .bodyTooLarge
            case 501: .notAllowed
            case 503: .bodiesOverBudget
            default: .badRequest
            }
        // The caller adds `Retry-After`.
        self.init(code, reason, status: status)
    }

    /// Of a document that can't be run, or a request that doesn't say which operation to run.
    init(_ error: any Error, _ mediaType: GraphQLMediaType) {
        self.init(.badRequest, "\(error)", status: mediaType.requestErrorStatus)
        flaw = error as? DocumentError
    }

    /// A JSON array of one GraphQL error.
    var errors: [UInt8] {
        var output = Array(#"[{"message":"#.utf8)
        JSONString.append(message, to: &output)
        if let flaw { output += Array(#","locations":"#.utf8) + flaw.locations }
        output += Array(#","extensions":{"code":"#.utf8)
        JSONString.append(code.rawValue, to: &output)
        return output + Array("}}]".utf8)
    }

    /// The answer over HTTP.
    func response(_ mediaType: GraphQLMediaType = .json, headers: [HTTPField] = []) -> HTTPResponse {
        let body = Array(#"{"errors":"#.utf8) + errors + Array("}\n".utf8)
        let later = retryAfter.map { [HTTPField(name: "Retry-After", value: "\($0)")] } ?? []
        return HTTPResponse(status: status, contentType: mediaType.rawValue, headers: headers + later, body: body)
    }
}
