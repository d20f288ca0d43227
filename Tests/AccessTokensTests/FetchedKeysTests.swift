import AccessTokens
import OpenSSLCommand
import Testing

/// Keys that come later than the first token.
@Suite(.enabled(if: OpenSSL.isInstalled))
struct FetchedKeysTests {
    private static func token(_ issuer: Issuer, id: String? = nil) throws -> String {
        try issuer.token(#"{"exp":2000}"#, by: issuer == .p256 ? .es256 : .rs256, id: id)
    }

    @Test func `until they are known nothing is said of tokens that need them`() throws {
        let verifier = TokenVerifier(keys: [try Issuer.p256.key(id: "own")], fetchedKeys: .awaited)
        #expect(verifier.verify(try Self.token(.p256, id: "own"), at: 1000).refusal == nil)
        let rsa = try Self.token(.rsa, id: "new")
        #expect(verifier.verify(rsa, at: 1000).refusal == .keysAwaited)
        #expect(verifier.verify(try Self.token(.rsa), at: 1000).refusal == .keysAwaited)
        // What no key could make good is refused.
        #expect(verifier.verify("no token", at: 1000).refusal == .malformed)
        let secret = try Issuer.secret.token(#"{"exp":2000}"#, by: .hs256)
        #expect(verifier.verify(secret, at: 1000).refusal == .algorithmNotAllowed)
        let knowing = verifier.with(.known([try Issuer.rsa.key(id: "new")]))
        #expect(knowing.verify(rsa, at: 1000).refusal == nil)
        #expect(knowing.verify(try Self.token(.p256, id: "own"), at: 1000).refusal == nil)
        #expect(knowing.verify(try Self.token(.rsa, id: "newer"), at: 1000).refusal == .unknownKey)
    }

    @Test func `a new set takes the place of the former one, and of what it was remembered for`() throws {
        let (rsa, p256) = (try Self.token(.rsa, id: "a"), try Self.token(.p256, id: "b"))
        let first = TokenVerifier(fetchedKeys: .known([try Issuer.rsa.key(id: "a")]))
        #expect(first.verify(rsa, at: 1000).refusal == nil)
        #expect(first.cachedCount == 1)
        let second = first.with(.known([try Issuer.p256.key(id: "b")]))
        #expect(second.verify(rsa, at: 1000).refusal == .unknownKey)
        #expect(second.verify(p256, at: 1000).refusal == nil)
    }
}
