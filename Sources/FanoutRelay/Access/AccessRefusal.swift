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

    /// Over HTTP: 400, 401 or 403.
    var status: Int {
        switch self {
        case .ambiguous: 400
        case .token(let refusal): refusal.kind.status
        }
    }

    /// On a WebSocket: 4401 tells a client to give up, 4403 to come back with a fresh credential.
    var closeCode: CloseCode {
        switch self {
        case .ambiguous: .unauthorized
        case .token(let refusal): refusal.kind.closeCode
        }
    }

    /// What is said on a WebSocket.
    var closeReason: String { closeCode == .forbidden ? "Forbidden: \(reason)" : "Unauthorized: \(reason)" }

    /// What a refusal tells of how to ask.
    var headers: [HTTPField] {
        switch self {
        case .ambiguous: []
        case .token(let refusal): [HTTPField(name: "WWW-Authenticate", value: refusal.challenge)]
        }
    }

    /// In GraphQL's form.
    var failure: RelayFailure {
        switch self {
        case .ambiguous: RelayFailure(.badRequest, reason)
        case .token(let refusal): RelayFailure(refusal.kind == .insufficient ? .forbidden : .unauthenticated, reason)
        }
    }

    /// Over HTTP, in GraphQL's form or as text.
    func response(asGraphQL: Bool) -> HTTPResponse {
        var response = asGraphQL ? failure.response() : HTTPResponse.text(reason, status: status)
        response.headers += headers
        return response
    }
}
