internal import Synchronization

/// Says whose a token is; for every thread at once.
///
/// When tokens, keys or rules change there is a new one, and with it a new memory of tokens that were found good.
package final class TokenVerifier: Sendable {
    /// Most keys that are tried for one token: each try costs as much as a signature.
    static let maximumTries = 8

    private let staticTokens: StaticTokens
    private let ownKeys: [VerificationKey]
    /// What is known of the keys of an issuer's URL.
    package let fetchedKeys: FetchedKeys
    private let keys: [VerificationKey]
    private let rules: TokenRules
    private let cacheCapacity: Int
    private let algorithms: Set<JWTAlgorithm>
    private let cache: Mutex<TokenCache>

    /// Makes a verifier.
    ///
    /// - Parameters:
    ///   - keys: The keys that are given; they are tried before those that are fetched.
    ///   - cacheCapacity: How many tokens are remembered at least, if there are so many; twice as many at most.
    package init(
        staticTokens: StaticTokens = StaticTokens(),
        keys: [VerificationKey] = [],
        fetchedKeys: FetchedKeys = .none,
        rules: TokenRules = TokenRules(),
        cacheCapacity: Int = 8192
    ) {
        self.staticTokens = staticTokens
        ownKeys = keys
        self.fetchedKeys = fetchedKeys
        let keys = keys + fetchedKeys.keys
        self.keys = keys
        self.rules = rules
        self.cacheCapacity = cacheCapacity
        let usual = JWTAlgorithm.usual.union(keys.contains(where: \.isSecret) ? [.hs256] : [])
        algorithms = rules.algorithms ?? usual
        cache = Mutex(TokenCache(capacity: cacheCapacity))
    }

    /// The same with other keys of the issuer's URL.
    package func with(_ fetchedKeys: FetchedKeys) -> TokenVerifier {
        TokenVerifier(
            staticTokens: staticTokens,
            keys: ownKeys,
            fetchedKeys: fetchedKeys,
            rules: rules,
            cacheCapacity: cacheCapacity
        )
    }

    /// How many tokens are remembered.
    package var cachedCount: Int { cache.withLock { $0.count } }

    /// Judges a token that came with a request, or with what begins a connection; static ones are taken, too.
    ///
    /// - Parameter now: The time in seconds since 1970.
    package func verify(_ token: String?, at now: Double) -> Result<Identity, TokenRefusal> {
        do throws(TokenRefusal) {
            let bytes = try Self.bytes(of: token)
            let digest = TokenDigest(bytes.span)
            if let identity = staticTokens.identity(of: digest) { return .success(identity) }
            if let identity = cache.withLock({ $0.identity(of: digest, at: now) }) { return .success(identity) }
            if staticTokens.count > 0, !JSONWebToken.isLikely(bytes) { throw .unknownToken }
            let admitted = try judge(bytes, as: .bearer, at: now)
            cache.withLock { $0.insert(admitted, for: digest) }
            return .success(admitted.identity)
        } catch {
            return .failure(error)
        }
    }

    /// Judges a token that came in a URL, and so lands in logs: a JWT that is good for a few minutes, and only to begin
    /// something, which may last longer than the token.
    ///
    /// - Parameter now: The time in seconds since 1970.
    package func verifyTicket(_ ticket: String?, at now: Double) -> Result<Identity, TokenRefusal> {
        do throws(TokenRefusal) {
            let bytes = try Self.bytes(of: ticket)
            guard JSONWebToken.isLikely(bytes) else { throw .notATicket }
            return .success(try judge(bytes, as: .ticket, at: now).identity)
        } catch {
            return .failure(error)
        }
    }

    private static func bytes(of token: String?) throws(TokenRefusal) -> [UInt8] {
        guard let token, !token.isEmpty else { throw .absent }
        guard token.utf8.count <= JSONWebToken.maximumSize else { throw .tooLarge }
        return Array(token.utf8)
    }

    private func judge(
        _ bytes: [UInt8],
        as use: TokenRules.Use,
        at now: Double
    ) throws(TokenRefusal) -> TokenRules.Admitted {
        let token = try JSONWebToken(bytes)
        // Before the signature nothing is said of the claims.
        try judgeSignature(token)
        return try rules.judge(token.payload, as: use, at: now) { patterns in
            cache.withLock { $0.shared(patterns) }
        }
    }

    private func judgeSignature(_ token: JSONWebToken) throws(TokenRefusal) {
        guard let algorithm = JWTAlgorithm(named: token.algorithm) else { throw .algorithmNotAllowed }
        // Where only static tokens are known, it isn't for us to say how others are signed.
        if keys.isEmpty, case .none = fetchedKeys { throw .unknownKey }
        guard algorithms.contains(algorithm) else { throw .algorithmNotAllowed }
        var (isKnown, hasNames, tries) = (false, false, 0)
        for key in keys {
            switch (key.id, token.keyID) {
            case (let id?, let wanted?):
                hasNames = true
                guard id.isExactly(wanted) else { continue }
                isKnown = true
            case (_, nil): isKnown = true
            case (nil, _): break
            }
            guard key.algorithms.contains(algorithm), tries < Self.maximumTries else { continue }
            tries += 1
            if key.verifies(token.signature, of: token.signedBytes, by: algorithm) { return }
        }
        // It may be one of those that aren't known yet.
        if case .awaited = fetchedKeys { throw .keysAwaited }
        // A name that none of them has is perhaps that of a new key; where keys have no names it says nothing.
        guard isKnown || (!hasNames && !keys.isEmpty) else { throw .unknownKey }
        throw tries == 0 ? .algorithmNotAllowed : .badSignature
    }
}
