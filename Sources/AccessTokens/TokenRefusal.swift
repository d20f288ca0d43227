package import GraphQLTransport

/// Why a token isn't taken.
package enum TokenRefusal: Error, Sendable, Hashable {
    /// There is none.
    case absent
    /// It has more bytes than a token may have.
    case tooLarge
    /// It is no JSON Web Token, or has claims of the wrong types.
    case malformed
    /// It has a header that must be understood and isn't (RFC 7515, section 4.1.11).
    case critical
    /// It is signed in a way that the operator doesn't take, or that no key of ours has.
    case algorithmNotAllowed
    /// It names a key that isn't known; perhaps it is a new one.
    case unknownKey
    /// The keys of the issuer haven't been fetched yet: this says nothing of the token.
    case keysAwaited
    case badSignature
    case missingExpiry
    case expired
    case notYetValid
    case wrongIssuer
    case wrongAudience
    /// It is a token for requests, where one that only begins a connection is needed.
    case notATicket
    /// It is good for longer than a ticket may be.
    case ticketTooLong
    /// It is none of the file's.
    case unknownToken
    /// The operator's hook says that it is no good.
    case denied
    /// The operator's hook doesn't let its bearer in.
    case forbidden
    /// It is good, but not for this.
    case missingScope(Scope)
    /// It is good, but not for the topic that is asked for.
    case forbiddenTopic

    /// Whether somebody else may know the token.
    package var isUnknown: Bool {
        switch self {
        case .malformed, .unknownKey, .notATicket, .unknownToken: true
        default: false
        }
    }

    /// What the client has to do about it.
    package enum Kind: Sendable {
        /// Have another token: HTTP 401, close code 4401.
        case invalid
        /// Have a new one of the same kind, or come back with this one when its key is known: HTTP 401, but close code
        /// 4403, after which clients come back with new connection parameters; 4401 would end them.
        case expired
        /// Ask for less: HTTP 403, close code 4403.
        case insufficient
        /// Come back later with the same: HTTP 503, close code 1013.
        case undecided

        /// The status of an answer.
        package var status: Int {
            switch self {
            case .invalid, .expired: 401
            case .insufficient: 403
            case .undecided: 503
            }
        }

        /// The close code.
        package var closeCode: CloseCode {
            switch self {
            case .invalid: .unauthorized
            case .expired, .insufficient: .forbidden
            case .undecided: .tryAgainLater
            }
        }
    }

    package var kind: Kind {
        switch self {
        case .expired, .unknownKey: .expired
        case .missingScope, .forbiddenTopic, .forbidden: .insufficient
        case .keysAwaited: .undecided
        default: .invalid
        }
    }

    /// The value of `WWW-Authenticate` that goes with 401 and 403 (RFC 6750, section 3).
    package var challenge: String {
        switch self {
        // Who brought nothing isn't told of errors (section 3.1).
        case .absent: "Bearer"
        case .missingScope(let scope):
            #"Bearer error="insufficient_scope", error_description="\#(message)", scope="\#(scope.rawValue)""#
        default:
            #"Bearer error="\#(kind == .insufficient ? "insufficient_scope" : "invalid_token")", "#
                + #"error_description="\#(message)""#
        }
    }

    /// A label for metrics: one of few words.
    package var metricReason: String {
        switch self {
        case .absent: "absent"
        case .tooLarge: "too_large"
        case .malformed: "malformed"
        case .critical: "critical"
        case .algorithmNotAllowed: "algorithm"
        case .unknownKey: "unknown_key"
        case .keysAwaited: "keys_awaited"
        case .badSignature: "signature"
        case .missingExpiry: "no_expiry"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .wrongIssuer: "issuer"
        case .wrongAudience: "audience"
        case .notATicket: "not_a_ticket"
        case .ticketTooLong: "ticket_too_long"
        case .unknownToken: "unknown_token"
        case .denied: "denied"
        case .forbidden: "forbidden"
        case .missingScope: "scope"
        case .forbiddenTopic: "topic"
        }
    }

    /// A sentence for the client; it has nothing of the token in it, and fits a close frame.
    package var message: String {
        switch self {
        case .absent: "a token is needed"
        case .tooLarge: "the token is too large"
        case .malformed: "the token is malformed"
        case .critical: "the token has a critical header"
        case .algorithmNotAllowed: "the token's algorithm isn't allowed"
        case .unknownKey: "the token's key isn't known"
        case .keysAwaited: "the keys that tokens are verified with aren't known yet"
        case .badSignature: "the token's signature is wrong"
        case .missingExpiry: "the token has no expiry"
        case .expired: "token expired"
        case .notYetValid: "the token isn't valid yet"
        case .wrongIssuer: "the token is of another issuer"
        case .wrongAudience: "the token is for another audience"
        case .notATicket: "the token is no ticket"
        case .ticketTooLong: "the ticket is valid for too long"
        case .unknownToken: "the token isn't known"
        case .denied: "the credential isn't accepted"
        case .forbidden: "access is refused"
        case .missingScope(let scope): "the token lacks the scope '\(scope.rawValue)'"
        case .forbiddenTopic: "the token isn't for this topic"
        }
    }
}
