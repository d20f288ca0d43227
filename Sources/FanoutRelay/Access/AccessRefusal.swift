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
    /// It has no certificate, or one that is no good.
    case certificate(CertificateFlaw)
    /// It couldn't be found out whether its credential is good.
    case undecided(Undecided)

    /// Why not.
    enum Undecided: String, Error, CaseIterable {
        /// Too many wait for a decision already.
        case busy
        /// The hook didn't answer in time.
        case timeout
        /// There was no connection to it, or it broke.
        case unreachable
        /// Its answer has another status than 200, 401 or 403.
        case status
        /// Its answer can't be read.
        case malformed
    }

    /// After how many seconds a client should come back when nothing was decided.
    private static let retryAfter: Int64 = 5

    /// A label for metrics: one of few words.
    var metricReason: String {
        switch self {
        case .ambiguous: "ambiguous"
        case .token(let refusal): refusal.metricReason
        case .certificate(let flaw): "certificate_\(flaw.rawValue)"
        case .undecided(let cause): "undecided_\(cause.rawValue)"
        }
    }

    /// A sentence for the client.
    var reason: String {
        switch self {
        case .ambiguous: "two credentials that differ were given: give one"
        case .token(.absent): "a token is needed, in Authorization, connection_init, a cookie or ?ticket="
        case .token(let refusal): refusal.message
        case .certificate(let flaw): flaw.message
        case .undecided: "whether the credential is good can't be said now"
        }
    }

    /// Over HTTP: 400, 401, 403, or 503 when nothing was decided.
    var status: Int {
        switch self {
        case .ambiguous: 400
        case .token(let refusal): refusal.kind.status
        // A token is no way in, so that none is asked for.
        case .certificate: 403
        case .undecided: TokenRefusal.Kind.undecided.status
        }
    }

    /// On a WebSocket: 4401 tells a client to give up, 4403 to come back with a fresh credential, 1013 with the same.
    var closeCode: CloseCode {
        switch self {
        case .ambiguous: .unauthorized
        case .token(let refusal): refusal.kind.closeCode
        case .certificate: .forbidden
        case .undecided: TokenRefusal.Kind.undecided.closeCode
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
        case .ambiguous, .certificate: []
        case .undecided: [later]
        case .token(let refusal) where refusal.kind == .undecided: [later]
        case .token(let refusal): [HTTPField(name: "WWW-Authenticate", value: refusal.challenge)]
        }
    }

    private var later: HTTPField { HTTPField(name: "Retry-After", value: "\(Self.retryAfter)") }

    /// In GraphQL's form.
    var failure: RelayFailure {
        switch self {
        case .ambiguous: RelayFailure(.badRequest, reason)
        case .certificate: RelayFailure(.forbidden, reason)
        case .undecided: RelayFailure(.undecided, reason, retryAfter: Self.retryAfter)
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
