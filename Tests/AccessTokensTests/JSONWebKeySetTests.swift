import AccessTokens
import OpenSSLCommand
import Testing

/// Sets of keys, as issuers publish them and as they shouldn't.
@Suite(.enabled(if: OpenSSL.isInstalled))
struct JSONWebKeySetTests {
    private static func set(_ keys: [String], allowsSecrets: Bool = false) throws -> JSONWebKeySet {
        let text = #"{"keys":[\#(keys.map { "{\($0)}" }.joined(separator: ","))]}"#
        return try JSONWebKeySet(parsing: Array(text.utf8), allowsSecrets: allowsSecrets)
    }

    @Test func `RFC 7517 section 5 what isn't known never spoils the rest`() throws {
        let (rsa, p256) = (try Issuer.rsa.jwk(), try Issuer.p256.jwk())
        let set = try Self.set([
            rsa + #","kid":"one","use":"sig","alg":"RS256""#,
            #""kty":"AKP","alg":"ML-DSA-44","pub":"AAAA""#, #""kty":"EC","crv":"secp256k1","x":"AA","y":"AA""#,
            #""kty":"OKP","crv":"X25519","x":"AA""#, #""kty":"OKP","crv":"Ed448","x":"AA""#,
            rsa + #","alg":"RSA-OAEP""#, rsa + #","alg":"ES256""#,
            rsa + #","use":"enc""#, p256 + #","key_ops":["sign"]"#, p256 + #","key_ops":[]"#,
            #""kty":"oct","k":"\#(base64URL([UInt8](repeating: 1, count: 64)))""#,
            try Issuer.shortRSA.jwk(), p256 + #","d":"AAAA""#,
            p256 + #","kid":"two","key_ops":["verify","sign"],"x5t":"?","new":{"a":[1]}"#,
            try Issuer.ed25519.jwk(),
        ])
        #expect(set.keys.map(\.id) == ["one", "two", nil])
        #expect(set.keys.map { $0.algorithms.map(\.rawValue).sorted() } == [["RS256"], ["ES256"], ["EdDSA"]])
        #expect(set.skipped == [.unsupported: 6, .otherUse: 3, .secret: 1, .weak: 1, .privateKey: 1])
    }

    @Test func `a key that is broken is skipped`() throws {
        let (rsa, p256) = (try Issuer.rsa.jwk(), try Issuer.p256.jwk())
        let broken = [
            "", #""kty":1"#, #""kty":"RSA""#, #""kty":"RSA","n":"","e":"AQAB""#, #""kty":"RSA","n":"A===","e":"AQAB""#,
            #""kty":"RSA","n":1,"e":2"#, #""kty":"EC","crv":"P-256""#, #""kty":"EC","crv":"P-256","x":"AA","y":"AA""#,
            #""kty":"EC","crv":"P-256","x":"\#(base64URL([UInt8](repeating: 0, count: 32)))","#
                + #""y":"\#(base64URL([UInt8](repeating: 0, count: 32)))""#,
            #""kty":"EC","crv":7,"x":"AA","y":"AA""#, #""kty":"OKP","crv":"Ed25519","x":"AA""#,
            rsa + #","kid":1"#, rsa + #","use":["sig"]"#, rsa + #","alg":256"#, rsa + #","kty":"oct""#,
            p256 + #","key_ops":{}"#, p256.replacing("P-256", with: "P-384"),
        ]
        let set = try Self.set(broken + [p256])
        #expect(set.keys.count == 1)
        #expect(set.skipped == [.malformed: broken.count])
        let elements = try JSONWebKeySet(parsing: Array(#"{"keys":[1,null,"a",[],{}]}"#.utf8), allowsSecrets: false)
        #expect(elements.keys.isEmpty && elements.skipped == [.malformed: 5])
    }

    @Test(arguments: [
        // An exponent of 1 signs everything; even ones have no inverse; large ones take long.
        ("AQ", 2048), ("Ag", 2048), ("AA", 2048), (base64URL([UInt8](repeating: 0xFF, count: 9)), 2048),
        ("AQAB", 2047), ("AQAB", 1024), ("AQAB", 8), ("AQAB", 8193), ("AQAB", 16_384), ("AQAB", 1 << 19),
        (base64URL([UInt8](repeating: 0xFF, count: 5000)), 2048),
    ]) func `RSA by which anybody signs, or nobody in time, is skipped`(_ exponent: String, _ bits: Int) throws {
        var modulus = [UInt8](repeating: 0xFF, count: (bits + 7) / 8)
        modulus[0] >>= UInt8(modulus.count * 8 - bits)
        let set = try Self.set([#""kty":"RSA","n":"\#(base64URL(modulus))","e":"\#(exponent)""#])
        #expect(set.keys.isEmpty)
        #expect(set.skipped == [.weak: 1])
    }

    @Test func `an exponent and a modulus within the limits are taken`() throws {
        for (exponent, bits) in [("Aw", 2048), ("AQAB", 2048), ("AAEAAQ", 8192), ("__________8", 2048)] {
            let modulus = [0] + [UInt8](repeating: 0xFF, count: bits / 8)
            let set = try Self.set([#""kty":"RSA","n":"\#(base64URL(modulus))","e":"\#(exponent)""#])
            #expect(set.keys.count == 1, "\(exponent) \(bits): \(set.skipped)")
        }
    }

    @Test func `secrets are taken only from where nobody else reads`() throws {
        let secret = try Issuer.secret.jwk()
        let set = try Self.set([secret, secret + #","alg":"HS512""#, secret + #","alg":"RS256""#], allowsSecrets: true)
        #expect(set.keys.map { $0.algorithms.map(\.rawValue).sorted() } == [["HS256", "HS384", "HS512"], ["HS512"]])
        #expect(set.skipped == [.unsupported: 1])
        #expect(try Self.set([secret]).skipped == [.secret: 1])
        let short = #""kty":"oct","k":"\#(base64URL([UInt8](repeating: 1, count: 31)))""#
        #expect(try Self.set([short], allowsSecrets: true).skipped == [.weak: 1])
    }

    @Test func `of many keys some are kept`() throws {
        let key = try Issuer.ed25519.jwk()
        let set = try Self.set([String](repeating: key, count: 100))
        #expect(set.keys.count == 64)
        #expect(set.skipped == [.surplus: 36])
        #expect(set.description == "64 keys, skipped: 36 surplus")
        #expect(try Self.set([]).description == "0 keys")
        let late = try Self.set([String](repeating: #""kty":"new""#, count: 256) + [key])
        #expect(late.description == "0 keys, skipped: 256 unsupported, 1 surplus")
        let soon = try Self.set([String](repeating: #""kty":"new""#, count: 255) + [key])
        #expect(soon.description == "1 keys, skipped: 255 unsupported")
    }

    @Test(arguments: [
        "", "{}", "[]", "null", #"{"keys":{}}"#, #"{"keys":null}"#, #"{"keys":[]"#, #"{"keys":[],"keys":[]}"#,
        #"{"Keys":[]}"#, #"{"keys":[}"#, #"{"keys":[]}x"#, "\u{FEFF}{\"keys\":[]}", "<html></html>",
        #"{"keys":"# + String(repeating: "[", count: 100_000),
    ]) func `what is no set is refused as a whole`(_ text: String) {
        #expect(throws: JSONWebKeySet.Fault.malformed) {
            try JSONWebKeySet(parsing: Array(text.utf8), allowsSecrets: false)
        }
    }

    @Test func `a set has a size`() throws {
        func set(_ count: Int) -> [UInt8] {
            let text = Array(#"{"keys":[]}"#.utf8)
            return text + [UInt8](repeating: 0x20, count: count - text.count)
        }
        #expect(try JSONWebKeySet(parsing: set(262_144), allowsSecrets: false).keys.isEmpty)
        #expect(throws: JSONWebKeySet.Fault.tooLarge) { try JSONWebKeySet(parsing: set(262_145), allowsSecrets: false) }
    }
}
