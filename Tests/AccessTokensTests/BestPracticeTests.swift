import AccessTokens
import OpenSSLCommand
import Testing

/// RFC 8725, section by section.
@Suite(.enabled(if: OpenSSL.isInstalled))
struct BestPracticeTests {
    private static let claims = #"{"sub":"alice","exp":2000}"#

    private static func verifier(
        _ issuers: [Issuer],
        _ change: (inout TokenRules) -> Void = { _ in }
    ) throws -> TokenVerifier {
        var rules = TokenRules()
        change(&rules)
        return TokenVerifier(keys: try issuers.map { try $0.key() }, rules: rules)
    }

    @Test(arguments: ["none", "None", "NONE", "nOnE", "", "HS1", "RS1", "ES256K", "dir", "rs256"])
    func `2.1 3.1 an algorithm that isn't known is refused, signed or not`(_ name: String) throws {
        let verifier = try Self.verifier([.secret, .rsa]) { $0.algorithms = Set(JWTAlgorithm.allCases) }
        let header = #"{"alg":"\#(name)"}"#
        for token in [
            base64URL(header) + "." + base64URL(Self.claims) + ".",
            try Issuer.secret.token(header, Self.claims, signedBy: .hs256),
            try Issuer.rsa.token(header, Self.claims, signedBy: .rs256),
        ] {
            #expect(verifier.verify(token, at: 1000).refusal == .algorithmNotAllowed)
        }
    }

    @Test func `2.1 3.1 a public key is no secret`() throws {
        // HS256 with the RSA key's file as the secret, in each spelling that a careless verifier might use.
        let file = try Issuer.rsa.publicPEM()
        let signed = base64URL(#"{"alg":"HS256"}"#) + "." + base64URL(Self.claims)
        for secret in [file, file.dropLast()] {
            let digits = secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            let code = try OpenSSL.output(
                of: ["dgst", "-sha256", "-binary", "-mac", "HMAC", "-macopt", "hexkey:\(digits)"],
                input: Array(signed.utf8)
            )
            let token = signed + "." + base64URL(code)
            #expect(try Self.verifier([.rsa]).verify(token, at: 1000).refusal == .algorithmNotAllowed)
            let all = try Self.verifier([.rsa, .secret]) { $0.algorithms = Set(JWTAlgorithm.allCases) }
            #expect(all.verify(token, at: 1000).refusal == .badSignature)
        }
    }

    @Test func `3.1 a key that names its algorithm is for no other`() throws {
        let key = try Issuer.rsa.key(algorithm: .ps256)
        var rules = TokenRules()
        rules.algorithms = [.rs256, .ps256]
        let verifier = TokenVerifier(keys: [key], rules: rules)
        let good = try Issuer.rsa.token(Self.claims, by: .ps256)
        let other = try Issuer.rsa.token(Self.claims, by: .rs256)
        #expect(verifier.verify(good, at: 1000).refusal == nil)
        #expect(verifier.verify(other, at: 1000).refusal == .algorithmNotAllowed)
    }

    @Test func `3.2 what isn't allowed is refused though it is signed well`() throws {
        for algorithm in JWTAlgorithm.allCases {
            let token = try algorithm.issuer.token(Self.claims, by: algorithm)
            let refusal = try Self.verifier([algorithm.issuer]).verify(token, at: 1000).refusal
            let isUsual = JWTAlgorithm.usual.union([.hs256]).contains(algorithm)
            #expect(refusal == (isUsual ? nil : .algorithmNotAllowed), "\(algorithm)")
        }
    }

    @Test func `3.3 a signature by somebody else is refused`() throws {
        let token = try Issuer.otherRSA.token(Self.claims, by: .rs256)
        #expect(try Self.verifier([.rsa]).verify(token, at: 1000).refusal == .badSignature)
    }

    @Test func `3.4 a point that isn't on its curve is no key`() throws {
        let jwk = try Issuer.p256.jwk()
        let y = try #require(jwk.firstRange(of: #""y":""#))
        var moved = jwk
        moved.replaceSubrange(y.upperBound...y.upperBound, with: jwk[y.upperBound] == "A" ? "B" : "A")
        #expect(throws: KeyFault.malformed) {
            try VerificationKey(jwk: Array("{\(moved)}".utf8), allowsSecrets: false)
        }
    }

    @Test func `3.5 weak keys are refused`() {
        #expect(throws: KeyFault.weak) { try VerificationKey(secret: Array("hunter2hunter2hunter2hunter2123".utf8)) }
        #expect(throws: KeyFault.weak) { try Issuer.shortRSA.key() }
        #expect(throws: KeyFault.weak) {
            try VerificationKey(jwk: Array("{\(try Issuer.shortRSA.jwk())}".utf8), allowsSecrets: false)
        }
    }

    @Test func `3.7 what isn't UTF-8 is refused`() throws {
        for header in [[UInt8]("{\"alg\":\"HS256\",\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8), [0xEF, 0xBB, 0xBF]] {
            let signed = base64URL(header) + "." + base64URL(Self.claims)
            let token = signed + "." + base64URL(try Issuer.secret.signature(of: Array(signed.utf8), by: .hs256))
            #expect(try Self.verifier([.secret]).verify(token, at: 1000).refusal == .malformed)
        }
    }

    @Test func `3.8 the issuer is compared exactly`() throws {
        let verifier = try Self.verifier([.secret]) { $0.issuer = "https://id.example/K" }
        for (issuer, isTaken) in [
            (#""https://id.example/K""#, true), (#""https:\/\/id.example\/\u004B""#, true),
            (#""https://id.example/k""#, false), (#""https://id.example/K/""#, false),
            // The sign of the unit kelvin, which Swift takes for a K.
            ("\"https://id.example/\u{212A}\"", false),
        ] {
            let token = try Issuer.secret.token(#"{"exp":2000,"iss":\#(issuer)}"#, by: .hs256)
            #expect(verifier.verify(token, at: 1000).refusal == (isTaken ? nil : .wrongIssuer), "\(issuer)")
        }
        let token = try Issuer.secret.token(Self.claims, by: .hs256)
        #expect(verifier.verify(token, at: 1000).refusal == .wrongIssuer)
    }

    @Test(
        arguments: [
            (nil, .oneOf([]), true), (#""relay""#, .oneOf([]), false), (#""relay""#, .any, true), (nil, .any, true),
            (nil, .oneOf(["relay"]), false), (#""relay""#, .oneOf(["relay"]), true),
            (#""Relay""#, .oneOf(["relay"]), false), (#"["other","relay"]"#, .oneOf(["relay"]), true),
            (#"["other"]"#, .oneOf(["relay"]), false), ("[]", .oneOf(["relay"]), false),
            (#""relay2""#, .oneOf(["relay", "relay2"]), true),
        ] as [(String?, TokenRules.Audience, Bool)]
    )
    func `3.9 a token for another audience is refused`(
        _ audience: String?,
        _ rule: TokenRules.Audience,
        _ isTaken: Bool
    ) throws {
        let verifier = try Self.verifier([.secret]) { $0.audience = rule }
        let claims = audience.map { #"{"exp":2000,"aud":\#($0)}"# } ?? Self.claims
        let token = try Issuer.secret.token(claims, by: .hs256)
        #expect(verifier.verify(token, at: 1000).refusal == (isTaken ? nil : .wrongAudience))
    }

    @Test func `3.10 keys that a token brings along are ignored`() throws {
        let header = #"{"alg":"RS256","jwk":{\#(try Issuer.otherRSA.jwk())},"jku":"https://a","x5u":"https://a"}"#
        let token = try Issuer.otherRSA.token(header, Self.claims, signedBy: .rs256)
        #expect(try Self.verifier([.rsa]).verify(token, at: 1000).refusal == .badSignature)
        #expect(try Self.verifier([]).verify(token, at: 1000).refusal == .unknownKey)
    }

    @Test(arguments: [
        #""../../etc/passwd""#, #""' OR 1=1""#, #""""#, "\"a\\u0000b\"", #""é""#,
    ]) func `3.10 a key's name is only compared`(_ id: String) throws {
        let token = try Issuer.rsa.token(#"{"alg":"RS256","kid":\#(id)}"#, Self.claims, signedBy: .rs256)
        let verifier = TokenVerifier(keys: [try Issuer.rsa.key(id: "one")])
        #expect(verifier.verify(token, at: 1000).refusal == .unknownKey)
    }

    @Test func `3.12 a token of requests is no ticket when it is good for long`() throws {
        let token = try Issuer.secret.token(Self.claims, by: .hs256)
        let verifier = try Self.verifier([.secret])
        #expect(verifier.verify(token, at: 1000).refusal == nil)
        #expect(verifier.verifyTicket(token, at: 1000).refusal == .ticketTooLong)
    }
}
