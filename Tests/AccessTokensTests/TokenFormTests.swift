import AccessTokens
import OpenSSLCommand
import Testing

/// What a JSON Web Token has to look like, before anything in it counts.
@Suite(.enabled(if: OpenSSL.isInstalled))
struct TokenFormTests {
    private static let claims = #"{"sub":"alice","exp":2000}"#

    private static func refusal(of token: String?) throws -> TokenRefusal? {
        TokenVerifier(keys: [try Issuer.secret.key()]).verify(token, at: 1000).refusal
    }

    /// A token of these bytes, whose signature is good.
    private static func token(header: String, claims: String = claims) throws -> String {
        try Issuer.secret.token(header, claims, signedBy: .hs256)
    }

    @Test func `none, an empty one and one that is too large are told apart`() throws {
        #expect(try Self.refusal(of: nil) == .absent)
        #expect(try Self.refusal(of: "") == .absent)
        let padding = String(repeating: "a", count: 6000)
        let large = try Self.token(header: #"{"alg":"HS256"}"#, claims: #"{"exp":2000,"a":"\#(padding)"}"#)
        #expect(large.utf8.count <= 8192)
        #expect(try Self.refusal(of: large) == nil)
        #expect(try Self.refusal(of: String(repeating: "a", count: 8192)) == .malformed)
        #expect(try Self.refusal(of: String(repeating: "a", count: 8193)) == .tooLarge)
    }

    @Test func `RFC 7515 section 7.1 a token has three parts`() throws {
        let token = try Self.token(header: #"{"alg":"HS256"}"#)
        let parts = token.split(separator: ".")
        for other in [
            "\(parts[0])", "\(parts[0]).\(parts[1])", token + ".", token + ".AAAA.AAAA", "." + token, "..", ".",
            ".\(parts[1]).\(parts[2])",
        ] {
            #expect(try Self.refusal(of: other) == .malformed, "\(other)")
        }
    }

    @Test func `RFC 7515 section 2 base64 is the one for URLs, without padding`() throws {
        let token = try Self.token(header: #"{"alg":"HS256"}"#)
        #expect(try Self.refusal(of: token) == nil)
        let parts = token.split(separator: ".").map(String.init)
        for place in 0..<3 {
            for ending in ["=", "==", " ", "\n", "+", "/", "%3D", "é", "\0"] {
                var other = parts
                other[place] += ending
                #expect(try Self.refusal(of: other.joined(separator: ".")) == .malformed, "\(place) \(ending)")
            }
        }
        #expect(try Self.refusal(of: "Bearer " + token) == .malformed)
    }

    @Test func `two spellings of one token aren't both taken`() throws {
        // The last letter of 32 bytes has two bits that aren't used.
        var token = try Self.token(header: #"{"alg":"HS256"}"#)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        let last = try #require(alphabet.firstIndex(of: token.removeLast()))
        #expect(try Self.refusal(of: token + String(alphabet[alphabet.index(after: last)])) == .malformed)
    }

    @Test(arguments: [
        #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#, #"{"alg":"HS256","crit":null}"#,
        #"{"alg":"HS256","b64":false,"crit":["b64"]}"#, #"{"alg":"HS256","b64":true}"#,
        #"{"alg":"HS256","cr\u0069t":["exp2"]}"#,
    ]) func `RFC 7515 section 4.1.11 a critical header isn't passed over`(_ header: String) throws {
        #expect(try Self.refusal(of: Self.token(header: header)) == .critical)
    }

    @Test(arguments: [
        #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"HS256","\u0061lg":"none"}"#,
        #"{"alg":"HS256","a":{"b":1,"b":2}}"#, #"{"alg":"HS256","kid":"a","kid":"b"}"#, #"{"typ":"JWT"}"#,
        #"{"alg":256}"#, #"{"alg":["HS256"]}"#, #"{"alg":null}"#, #"{"alg":"HS256","kid":1}"#,
        #"{"alg":"HS256\uD800"}"#, "[]", "null", "", #"{"alg":"HS256"}x"#, #"{"alg":"HS256""#, #"["HS256"]"#,
    ]) func `a header that could mean two things, or none, is malformed`(_ header: String) throws {
        #expect(try Self.refusal(of: Self.token(header: header)) == .malformed)
    }

    @Test(arguments: [
        #"{"exp":2000,"exp":3000}"#, #"{"exp":2000,"\u0065xp":3000}"#, #"{"exp":2000,"a":[{"b":1,"b":1}]}"#,
        #"{"exp":"2000"}"#, #"{"exp":null}"#, #"{"exp":true}"#, #"{"exp":1e999}"#, #"{"exp":2000,"nbf":"0"}"#,
        #"{"exp":2000,"iat":"yesterday"}"#, #"{"exp":2000,"sub":1}"#, #"{"exp":2000,"iss":{}}"#,
        #"{"exp":2000,"aud":1}"#, #"{"exp":2000,"aud":["a",1]}"#, #"{"exp":2000,"topics":null}"#,
        #"{"exp":2000,"topics":1}"#, #"{"exp":2000,"topics":["a",null]}"#, #"{"exp":2000,"scope":{}}"#,
        #"{"exp":2000,"scope":"\uDC00"}"#, "[]", "null", "\"a\"", "", " ", #"{"exp":2000}{}"#,
        #"{"exp":2000,"expire_at":"never"}"#,
    ]) func `claims that could mean two things, or none, are malformed`(_ claims: String) throws {
        #expect(try Self.refusal(of: Self.token(header: #"{"alg":"HS256"}"#, claims: claims)) == .malformed)
    }

    @Test func `nesting beyond the scanner's depth is malformed`() throws {
        for (depth, expected) in [(60, nil), (70, .malformed)] as [(Int, TokenRefusal?)] {
            let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            let token = try Self.token(header: #"{"alg":"HS256"}"#, claims: #"{"exp":2000,"a":\#(nested)}"#)
            #expect(try Self.refusal(of: token) == expected)
        }
    }

    @Test func `what isn't signed isn't read`() throws {
        // Without a good signature nobody learns what would be wrong with the claims.
        for claims in [#"{"exp":1}"#, #"{"exp":1,"exp":2}"#, "garbage", "{}"] {
            let token = base64URL(#"{"alg":"HS256"}"#) + "." + base64URL(claims) + "." + base64URL("no signature")
            #expect(try Self.refusal(of: token) == .badSignature)
        }
    }
}
