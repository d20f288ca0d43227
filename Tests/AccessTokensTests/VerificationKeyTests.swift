import AccessTokens
import Testing

/// What is taken for a key.
struct VerificationKeyTests {
    private static func fault<Value>(_ make: () throws(KeyFault) -> Value) -> KeyFault? {
        do throws(KeyFault) {
            _ = try make()
            return nil
        } catch {
            return error
        }
    }

    @Test(
        arguments: [
            ("rsa.public.pem", ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]),
            ("rsa.pkcs1.pem", ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]), ("p256.public.pem", ["ES256"]),
            ("p384.public.pem", ["ES384"]), ("p521.public.pem", ["ES512"]), ("ed25519.public.pem", ["EdDSA"]),
            ("certificate.pem", ["ES256"]),
        ]
    )
    func `a file's key says what it is for`(_ file: String, _ algorithms: [String]) throws {
        let key = try VerificationKey(pem: Fixture.bytes(file), id: "one")
        #expect(key.algorithms.map(\.rawValue).sorted() == algorithms)
        #expect(key.description == algorithms.joined(separator: " ") + " 'one'")
        #expect(!key.isSecret)
    }

    @Test(
        arguments: [
            ("rsa.pem", .privateKey), ("p256.pem", .privateKey), ("ed25519.pem", .privateKey),
            ("short-rsa.public.pem", .weak), ("secp256k1.public.pem", .unsupported), ("ed448.public.pem", .unsupported),
            ("pss-only.public.pem", .unsupported), ("README.md", .malformed),
        ] as [(String, KeyFault)]
    )
    func `a file that is no key of ours is refused`(_ file: String, _ fault: KeyFault) throws {
        let bytes = try Fixture.bytes(file)
        #expect(Self.fault { () throws(KeyFault) in try VerificationKey(pem: bytes) } == fault)
    }

    @Test func `of a file one key is taken`() throws {
        let (rsa, p256) = (try Fixture.bytes("rsa.public.pem"), try Fixture.bytes("p256.public.pem"))
        let certificate = try Fixture.bytes("certificate.pem")
        #expect(Self.fault { () throws(KeyFault) in try VerificationKey(pem: rsa + p256) } == .surplus)
        #expect(Self.fault { () throws(KeyFault) in try VerificationKey(pem: certificate + certificate) } == nil)
        let privateKey = try Fixture.bytes("p256.pem")
        #expect(Self.fault { () throws(KeyFault) in try VerificationKey(pem: certificate + privateKey) } == .privateKey)
    }

    @Test func `every cut and every changed byte of a file is refused or another key`() throws {
        let whole = try Fixture.bytes("p256.public.pem")
        for count in 0..<(whole.count - 1) {
            let fault = Self.fault { () throws(KeyFault) in try VerificationKey(pem: Array(whole.prefix(count))) }
            #expect(fault == .malformed, "\(count)")
        }
        for place in whole.indices {
            var other = whole
            other[place] ^= 1
            // It mustn't trap; what it is doesn't matter.
            _ = Self.fault { () throws(KeyFault) in try VerificationKey(pem: other) }
        }
    }

    @Test(arguments: [
        (31, []), (32, ["HS256"]), (47, ["HS256"]), (48, ["HS256", "HS384"]), (64, ["HS256", "HS384", "HS512"]),
    ])
    func `RFC 7518 section 3.2 a secret is as long as the digest`(_ count: Int, _ algorithms: [String]) throws {
        let secret = [UInt8](repeating: 7, count: count)
        for algorithm in [JWTAlgorithm.hs256, .hs384, .hs512] {
            let fault = Self.fault { () throws(KeyFault) in try VerificationKey(secret: secret, algorithm: algorithm) }
            #expect(fault == (algorithms.contains(algorithm.rawValue) ? nil : .weak))
        }
        guard !algorithms.isEmpty else { return }
        let key = try VerificationKey(secret: secret)
        #expect(key.algorithms.map(\.rawValue).sorted() == algorithms)
        #expect(key.isSecret)
        #expect(key.description == algorithms.joined(separator: " "))
        #expect(!"\([key])".contains("7, 7"))
    }

    @Test(arguments: ["", "\n", "\r\n"]) func `the end of a secret's line is none of it`(_ ending: String) throws {
        let claims = #"{"exp":2000}"#
        let token = try Issuer.secret.token(claims, by: .hs256)
        let key = try VerificationKey(secretFile: Issuer.sharedSecret + Array(ending.utf8))
        #expect(TokenVerifier(keys: [key]).verify(token, at: 1000).refusal == nil)
        let other = try VerificationKey(secretFile: Issuer.sharedSecret + Array("\n\n".utf8))
        #expect(TokenVerifier(keys: [other]).verify(token, at: 1000).refusal == .badSignature)
    }

    @Test func `an algorithm of another kind isn't a key's`() throws {
        let rsa = try Fixture.bytes("rsa.public.pem")
        #expect(Self.fault { () throws(KeyFault) in try VerificationKey(pem: rsa, algorithm: .es256) } == .unsupported)
        #expect(Self.fault { () throws(KeyFault) in try VerificationKey(pem: rsa, algorithm: .hs256) } == .unsupported)
        let secret = [UInt8](repeating: 7, count: 64)
        let fault = Self.fault { () throws(KeyFault) in try VerificationKey(secret: secret, algorithm: .rs256) }
        #expect(fault == .unsupported)
    }
}
