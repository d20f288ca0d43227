internal import AccessTokens
internal import GraphQLTransport
internal import WebSockets
internal import Wire

/// Why a client may not enter, or not have what it asks for.
enum AccessRefusal: Error, Equatable {
    /// It shows several credentials that differ.
    case ambiguous
    /// Its token is no good, or not for this.
    case token(TokenRefusal)

    /// After how many seconds a client should come back when nothing was decided.
    private static let retryAfter: Int64 = 5

    /// A label for metrics: one of few words.
    var metricReason: String {
        switch self {
        case .ambiguous: "ambiguous"
        case .token(let refusal): refusal.metricReason
        }
    }

    /// A sentence for the client.
    var reason: String {
        switch self {
        case .ambiguous: "two credentials that differ were given: give one"
        case .token(.absent): "a token is needed, in Authorization, connection_init, a cookie or ?ticket="
        case .token(let refusal): refusal.message
        }
    }

    /// Over HTTP: 400, 401, 403, or 503 when nothing was decided.
    var status: Int {
        switch self {
        case .ambiguous: 400
        case .token(let refusal): refusal.kind.status
        }
    }

    /// On a WebSocket: 4401 tells a client to give up, 4403 to come back with a fresh credential, 1013 with the same.
    var closeCode: CloseCode {
        switch self {
        case .ambiguous: .unauthorized
        case .token(let refusal): refusal.kind.closeCode
        }
    }

    /// What is said on a WebSocket.
    var closeReason: String {
        switch closeCode {
        case .forbidden: "Forbidden: \(reason)"
        case .tryAgainLater: "Try again later: \(reason)"
        default: "Unauthorized: \(reason)"
        }
    }

    /// What a refusal tells of how to ask.
    var headers: [HTTPField] {
        switch self {
        case .ambiguous: []
        case .token(let refusal) where refusal.kind == .undecided: [later]
        case .token(let refusal): [HTTPField(name: "WWW-Authenticate", value: refusal.challenge)]
        }
    }

    private var later: HTTPField { HTTPField(name: "Retry-After", value: "\(Self.retryAfter)") }

    /// In GraphQL's form.
    var failure: RelayFailure {
        switch self {
        case .ambiguous: RelayFailure(.badRequest, reason)
        case .token(let refusal):
            switch refusal.kind {
            case .invalid, .expired: RelayFailure(.unauthenticated, reason)
            case .insufficient: RelayFailure(.forbidden, reason)
            case .undecided: RelayFailure(.undecided, reason, retryAfter: Self.retryAfter)
            }
        }
    }

    /// Over HTTP, in GraphQL's form or as text.
    func response(asGraphQL: Bool) -> HTTPResponse {
        // There the failure has it already.
        guard !asGraphQL || status != 503 else { return failure.response() }
        var response = asGraphQL ? failure.response() : HTTPResponse.text(reason, status: status)
        response.headers += headers
        return response
    }
}
