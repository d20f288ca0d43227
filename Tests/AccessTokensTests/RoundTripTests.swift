import OpenSSLCommand
import Testing

@testable import AccessTokens

/// Tokens that the openssl command signs, by every algorithm.
@Suite(.enabled(if: OpenSSL.isInstalled))
struct RoundTripTests {
    private static let claims = #"{"sub":"alice","exp":2000}"#

    private static func verifier(_ keys: [VerificationKey]) -> TokenVerifier {
        var rules = TokenRules()
        rules.algorithms = Set(JWTAlgorithm.allCases)
        return TokenVerifier(keys: keys, rules: rules)
    }

    @Test(arguments: JWTAlgorithm.allCases)
    func `a token is taken with its key in each form`(_ algorithm: JWTAlgorithm) throws {
        let issuer = algorithm.issuer
        let token = try issuer.token(Self.claims, by: algorithm)
        let jwk = "{\(try issuer.jwk())}"
        for key in [try issuer.key(), try VerificationKey(jwk: Array(jwk.utf8), allowsSecrets: true)] {
            #expect(key.algorithms.contains(algorithm))
            let identity = try Self.verifier([key]).verify(token, at: 1000).get()
            #expect(identity.subject == "alice")
            #expect(identity.expiry == 2030)
            #expect(identity.claims == Array(Self.claims.utf8))
        }
    }

    @Test(arguments: JWTAlgorithm.allCases)
    func `a token is refused when any part of it is changed`(_ algorithm: JWTAlgorithm) throws {
        let issuer = algorithm.issuer
        let verifier = Self.verifier([try issuer.key()])
        let parts = try issuer.token(Self.claims, by: algorithm).split(separator: ".").map(String.init)
        let header = base64URL(#"{"alg":"\#(algorithm.rawValue)","typ":"JWT"}"#)
        let claims = base64URL(#"{"sub":"admin","exp":2000}"#)
        let signature = try issuer.signature(of: [1, 2, 3], by: algorithm)
        let changed = [
            [header, parts[1], parts[2]], [parts[0], claims, parts[2]], [parts[0], "", parts[2]],
            [parts[0], parts[1], ""], [parts[0], parts[1], base64URL(signature)],
            [parts[0], parts[1], base64URL(signature.dropLast())], [parts[0], parts[1], base64URL(signature + [0])],
            [parts[0], parts[1], base64URL([UInt8](repeating: 0, count: signature.count))],
        ]
        for token in changed {
            #expect(verifier.verify(token.joined(separator: "."), at: 1000).refusal == .badSignature)
        }
    }

    @Test(arguments: [JWTAlgorithm.es256, .es384, .es512])
    func `a signature in DER isn't one of a token`(_ algorithm: JWTAlgorithm) throws {
        let issuer = algorithm.issuer
        let signed = base64URL(#"{"alg":"\#(algorithm.rawValue)"}"#) + "." + base64URL(Self.claims)
        let digest = algorithm == .es256 ? "-sha256" : algorithm == .es384 ? "-sha384" : "-sha512"
        let signature = try OpenSSL.output(
            of: ["dgst", digest, "-binary", "-sign", Fixture.path("\(issuer.rawValue).pem")],
            input: Array(signed.utf8)
        )
        let token = signed + "." + base64URL(signature)
        #expect(Self.verifier([try issuer.key()]).verify(token, at: 1000).refusal == .badSignature)
    }

    @Test(arguments: [(JWTAlgorithm.es256, 32), (.es384, 48), (.es512, 66)])
    func `RFC 7518 section 3.4 a number may not have more zeros in front than fit`(
        _ algorithm: JWTAlgorithm,
        _ size: Int
    ) throws {
        let issuer = algorithm.issuer
        let signed = base64URL(#"{"alg":"\#(algorithm.rawValue)"}"#) + "." + base64URL(Self.claims)
        let pair = try issuer.signature(of: Array(signed.utf8), by: algorithm)
        let verifier = Self.verifier([try issuer.key()])
        #expect(verifier.verify(signed + "." + base64URL(pair), at: 1000).refusal == nil)
        let longer = pair.prefix(size) + [0] + pair.dropFirst(size)
        #expect(verifier.verify(signed + "." + base64URL(Array(longer)), at: 1000).refusal == .badSignature)
    }

    @Test func `RFC 8017 section 8.1.2 a signature without its zero in front is refused`() throws {
        let signed = base64URL(#"{"alg":"PS256"}"#) + "." + base64URL(Self.claims)
        let signature =
            "AFUGnyeGy_eNevlVjvSsIvOEC8NqBdk-FjMQM5uawiLja3njW2UmL0yeE5hg8mZBXltXLfLSlcBtyIN8Eu5QiaiyloUO-ywt"
            + "OUU4tmEDC4CIBkUm5hFOppJsLt2S-5uPKgXOGo_cO6dmtXV-M5XD-Eq-mMiwYUXwNonR1W1k6jaGKY1j-HREct5hzyeWbD5X"
            + "XqvNTeluOKQ1rA2uxDU9OxYcRdfo7bLcHkh2SZeY599GSbCO9sZQOCv2QLtpj9YgfD_TeTDyLSsf7nlZbXnTdb1Ov1uDMLEf"
            + "Lc3tHo1zUkIWa52Jn0YHDZrPIO2hd94DUzufLolBpLeZMPp_okULjA"
        let verifier = Self.verifier([try Issuer.rsa.key()])
        #expect(verifier.verify(signed + "." + signature, at: 1000).refusal == nil)
        let bytes = try #require(Base64URL.decode(signature.utf8))
        #expect(bytes.first == 0)
        let shorter = base64URL(Array(bytes.dropFirst()))
        #expect(verifier.verify(signed + "." + shorter, at: 1000).refusal == .badSignature)
    }

    @Test func `RFC 7518 section 3.5 a salt of another length is refused`() throws {
        let signed = base64URL(#"{"alg":"PS256"}"#) + "." + base64URL(Self.claims)
        let signature = try OpenSSL.output(
            of: [
                "dgst", "-sha256", "-binary", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20",
                "-sign", Fixture.path("rsa.pem"),
            ],
            input: Array(signed.utf8)
        )
        let token = signed + "." + base64URL(signature)
        #expect(Self.verifier([try Issuer.rsa.key()]).verify(token, at: 1000).refusal == .badSignature)
    }

    @Test func `a key verifies nothing by an algorithm that isn't its own`() throws {
        let message = Array("message".utf8)
        let signature = try Issuer.rsa.signature(of: message, by: .rs256)
        #expect(try Issuer.rsa.key().verifies(signature, of: message[...], by: .rs256))
        #expect(try !Issuer.rsa.key(algorithm: .ps256).verifies(signature, of: message[...], by: .rs256))
        #expect(try !Issuer.p256.key().verifies(signature, of: message[...], by: .rs256))
        #expect(try !Issuer.secret.key().verifies(signature, of: message[...], by: .rs256))
    }

    @Test func `RFC 9864 Ed25519 is EdDSA by its new name`() throws {
        let token = try Issuer.ed25519.token(#"{"alg":"Ed25519"}"#, Self.claims, signedBy: .edDSA)
        let jwk = #"{\#(try Issuer.ed25519.jwk()),"alg":"Ed25519"}"#
        let key = try VerificationKey(jwk: Array(jwk.utf8), allowsSecrets: false)
        #expect(TokenVerifier(keys: [key]).verify(token, at: 1000).refusal == nil)
    }
}
