/// Who somebody is and what they may do, as a token that was verified says.
///
/// One for all connections of a token, as long as it is remembered.
package final class Identity: Sendable {
    // Every client with a token of its own keeps one: with an end of five bytes it fits into 64.
    /// Whom the token is for: its `sub`, or the file's `subject`; for logs and limits.
    package let subject: String?
    /// Which topics they may have.
    package let topics: TopicPatterns
    /// What they may do; without a claim about it to subscribe only.
    package let scopes: ScopeSet
    // The small members stand together.
    /// In 256ths of a second behind `endSecond`.
    private let endFraction: UInt8
    /// In seconds since 1970; the greatest number for never, and for what is after 2106.
    private let endSecond: UInt32
    /// The claims: a JSON object, as it was signed, or what `TokenRules.keptClaims` keeps of it.
    package let claims: [UInt8]

    /// Makes one; claims must be a JSON object.
    package init(
        subject: String?,
        topics: TopicPatterns = .all,
        scopes: ScopeSet = [.subscribe],
        expiry: Double? = nil,
        claims: [UInt8] = noClaims
    ) {
        self.subject = subject
        self.topics = topics
        self.scopes = scopes
        let end = min(max(0, expiry ?? .infinity), Double(UInt32.max))
        endSecond = UInt32(end)
        endFraction = UInt8((end - end.rounded(.down)) * 256)
        self.claims = claims
    }

    /// An object without members.
    package static let noClaims = Array("{}".utf8)

    /// When what was begun with the token has to end, in seconds since 1970; nil when it needn't.
    ///
    /// It is when the token itself is no longer taken, the leeway included, unless the token names another time; in
    /// 256ths of a second.
    package var expiry: Double? { endSecond < .max ? Double(endSecond) + Double(endFraction) / 256 : nil }

    /// The JSON text of a claim, such as `"alice"` with its quotes; nil without it.
    ///
    /// The path is a name, or names with dots between them for what is within objects. A name may itself have dots.
    package func claim(path: String) -> [UInt8]? { ClaimSet.find(path, in: claims) }

    /// Refuses what the identity isn't good for.
    package func require(_ scope: Scope) throws(TokenRefusal) {
        if !scopes.contains(scope) { throw .missingScope(scope) }
    }
}

extension Identity: Hashable {
    /// Whether all of it is the same.
    package static func == (one: Identity, other: Identity) -> Bool {
        one.subject == other.subject && one.topics == other.topics && one.scopes == other.scopes
            && one.expiry == other.expiry && one.claims == other.claims
    }

    /// Hashes what tells most of them apart.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(subject)
        hasher.combine(claims)
    }
}
