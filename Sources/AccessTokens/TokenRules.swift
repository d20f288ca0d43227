/// What a JSON Web Token must have to be taken, and where it says what it permits.
package struct TokenRules: Sendable, Hashable {
    /// For whom tokens must be.
    package enum Audience: Sendable, Hashable {
        /// One of these, and a token has to name one. Without any: a token that names an audience isn't for us, as
        /// RFC 7519 wants (section 4.1.3), and one that names none is.
        case oneOf([String])
        /// Whatever the token says.
        case any
    }

    /// Who must have issued them, exactly as `iss` has it; by default, nil, it isn't looked at.
    package var issuer: String?
    /// For whom they must be.
    package var audience = Audience.oneOf([])
    /// How they may be signed; by default, nil, `JWTAlgorithm.usual`, and HS256 if there is a secret.
    package var algorithms: Set<JWTAlgorithm>?
    /// How far the clocks may be apart, in seconds; 30 by default.
    package var leeway = 30.0
    /// Whether they must have an `exp`; tickets must always.
    package var requiresExpiry = true
    /// The claim that lists topics, as a path; an array of names, or one text with spaces between them.
    package var topicsClaim = "topics"
    /// Whether a token without that claim is for no topic, and not for all.
    package var requiresTopicsClaim = false
    /// The claims that list scopes, as paths, of which the first that is there counts.
    ///
    /// Words in it that aren't scopes of ours are passed over; of a token that has only such nothing is permitted.
    package var scopeClaims = ["scope", "scopes"]
    /// The claim that says when what was begun ends, if that is at another time than the token; `expire_at`, as
    /// Centrifugo has it.
    package var sessionEndClaim = "expire_at"
    /// How far ahead a ticket's `exp` may be, in seconds; 300 by default.
    package var ticketLifetime = 300.0
    /// How long what a ticket began may last, in seconds, unless the ticket names an end that is nearer; an hour by
    /// default.
    package var ticketSession = 3600.0
    /// The claims that are kept of a token, as paths; by default, nil, all of it.
    package var keptClaims: [String]?

    /// The defaults.
    package init() {}
}
