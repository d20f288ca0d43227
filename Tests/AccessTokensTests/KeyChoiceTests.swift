import AccessTokens
import OpenSSLCommand
import Testing

/// Which keys are tried for a token.
@Suite(.enabled(if: OpenSSL.isInstalled))
struct KeyChoiceTests {
    private static let claims = #"{"exp":2000}"#

    private static func refusal(of token: String, _ keys: [VerificationKey]) -> TokenRefusal? {
        TokenVerifier(keys: keys).verify(token, at: 1000).refusal
    }

    @Test func `a token's key is found by its name`() throws {
        let keys = [try Issuer.otherRSA.key(id: "old"), try Issuer.rsa.key(id: "new"), try Issuer.p256.key(id: "new")]
        let rsa = { try Issuer.rsa.token(Self.claims, by: .rs256, id: $0) }
        #expect(Self.refusal(of: try rsa("new"), keys) == nil)
        #expect(Self.refusal(of: try rsa("old"), keys) == .badSignature)
        #expect(Self.refusal(of: try rsa("newer"), keys) == .unknownKey)
        #expect(Self.refusal(of: try rsa("new"), []) == .unknownKey)
        // RFC 7517, section 4.5: keys of different kinds may share a name.
        #expect(Self.refusal(of: try Issuer.p256.token(Self.claims, by: .es256, id: "new"), keys) == nil)
        #expect(
            Self.refusal(of: try Issuer.p256.token(Self.claims, by: .es256, id: "old"), keys) == .algorithmNotAllowed
        )
    }

    @Test func `a token without a name is tried with every key of its kind`() throws {
        let token = try Issuer.rsa.token(Self.claims, by: .rs256)
        let keys = [try Issuer.otherRSA.key(id: "a"), try Issuer.p256.key(), try Issuer.rsa.key(id: "b")]
        #expect(Self.refusal(of: token, keys) == nil)
        #expect(Self.refusal(of: token, Array(keys.dropLast())) == .badSignature)
        #expect(Self.refusal(of: token, [keys[1]]) == .algorithmNotAllowed)
    }

    @Test func `but with eight at most`() throws {
        let token = try Issuer.rsa.token(Self.claims, by: .rs256)
        let others = [VerificationKey](repeating: try Issuer.otherRSA.key(), count: 7)
        let (key, curve) = (try Issuer.rsa.key(), try Issuer.p256.key())
        #expect(Self.refusal(of: token, others + [curve, key]) == nil)
        #expect(Self.refusal(of: token, others + others.prefix(1) + [key]) == .badSignature)
    }

    @Test func `a key without a name is tried for every token of its kind`() throws {
        let token = try Issuer.rsa.token(Self.claims, by: .rs256, id: "somebody's")
        #expect(Self.refusal(of: token, [try Issuer.rsa.key()]) == nil)
        // Where no key has a name, a name says nothing of whether there is a newer one.
        #expect(Self.refusal(of: token, [try Issuer.otherRSA.key()]) == .badSignature)
        #expect(Self.refusal(of: token, [try Issuer.otherRSA.key(), try Issuer.p256.key(id: "a")]) == .unknownKey)
    }
}
