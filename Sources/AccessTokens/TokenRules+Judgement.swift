extension TokenRules {
    /// What a token is used for.
    enum Use { case bearer, ticket }

    /// A token that was found good, and when it is.
    struct Admitted {
        let identity: Identity
        let validity: Range<Double>
    }

    /// Judges claims whose signature is good, and reads what they permit.
    ///
    /// - Parameter share: Gives what is kept of equal patterns.
    func judge(
        _ payload: [UInt8],
        as use: Use,
        at now: Double,
        share: (TopicPatterns) -> TopicPatterns = { $0 }
    ) throws(TokenRefusal) -> Admitted {
        let claims = try ClaimSet(payload)
        let validity = try judgeTimes(claims, as: use, at: now)
        try judgeOrigin(claims)
        let end: Double
        switch (try claims.time(sessionEndClaim), use) {
        case (let named, .ticket): end = min(named ?? .infinity, now + ticketSession)
        case (let named?, .bearer): end = named
        case (nil, .bearer): end = validity.upperBound
        }
        guard now < end else { throw .expired }
        let identity = Identity(
            subject: try claims.text("sub"),
            topics: share(try topics(claims)),
            scopes: try scopes(claims),
            expiry: end == .infinity ? nil : end,
            claims: keptClaims.map(claims.kept) ?? payload
        )
        return Admitted(identity: identity, validity: validity.lowerBound..<min(validity.upperBound, end))
    }

    /// From when on, and until when, the token is taken.
    private func judgeTimes(_ claims: ClaimSet, as use: Use, at now: Double) throws(TokenRefusal) -> Range<Double> {
        let expiry = try claims.time("exp")
        let beginning = try claims.time("nbf") ?? -.infinity
        // It permits and refuses nothing, but what isn't a time there is no token of ours.
        _ = try claims.time("iat")
        if expiry == nil, requiresExpiry || use == .ticket { throw .missingExpiry }
        let end = expiry ?? .infinity
        guard now < end + leeway else { throw .expired }
        guard now >= beginning - leeway else { throw .notYetValid }
        if use == .ticket, end > now + ticketLifetime + leeway { throw .ticketTooLong }
        return (beginning - leeway)..<(end + leeway)
    }

    private func judgeOrigin(_ claims: ClaimSet) throws(TokenRefusal) {
        let named = try claims.text("iss")
        if let issuer, !(named?.isExactly(issuer) ?? false) { throw .wrongIssuer }
        let audiences = try claims.texts("aud")
        switch audience {
        case .any: break
        case .oneOf(let ours) where ours.isEmpty: if audiences != nil { throw .wrongAudience }
        case .oneOf(let ours):
            let isOurs = audiences?.contains { theirs in ours.contains { $0.isExactly(theirs) } } ?? false
            if !isOurs { throw .wrongAudience }
        }
    }

    private func topics(_ claims: ClaimSet) throws(TokenRefusal) -> TopicPatterns {
        if let names = try claims.words(at: topicsClaim) { return TopicPatterns(names) }
        return requiresTopicsClaim ? .names([]) : .all
    }

    private func scopes(_ claims: ClaimSet) throws(TokenRefusal) -> ScopeSet {
        for path in scopeClaims {
            if let words = try claims.words(at: path) { return ScopeSet(words.compactMap(Scope.init(rawValue:))) }
        }
        return [.subscribe]
    }
}
