/// Who somebody is and what they may do, as a token that was verified says.
package struct Identity: Sendable, Hashable {
    /// Whom the token is for: its `sub`, or the file's `subject`; for logs and limits.
    package let subject: String?
    /// Which topics they may have.
    package let topics: TopicPatterns
    /// What they may do; without a claim about it to subscribe only.
    package let scopes: Set<Scope>
    /// When what was begun with the token has to end, in seconds since 1970; nil when it needn't.
    ///
    /// It is when the token itself is no longer taken, the leeway included, unless the token names another time.
    package let expiry: Double?
    /// The claims: a JSON object, as it was signed.
    package let claims: [UInt8]

    /// Makes one; claims must be a JSON object.
    package init(
        subject: String?,
        topics: TopicPatterns = .all,
        scopes: Set<Scope> = [.subscribe],
        expiry: Double? = nil,
        claims: [UInt8] = Array("{}".utf8)
    ) {
        self.subject = subject
        self.topics = topics
        self.scopes = scopes
        self.expiry = expiry
        self.claims = claims
    }

    /// The JSON text of a claim, such as `"alice"` with its quotes; nil without it.
    ///
    /// The path is a name, or names with dots between them for what is within objects. A name may itself have dots.
    package func claim(path: String) -> [UInt8]? { ClaimSet.find(path, in: claims) }

    /// Refuses what the identity isn't good for.
    package func require(_ scope: Scope) throws(TokenRefusal) {
        if !scopes.contains(scope) { throw .missingScope(scope) }
    }
}
