import AccessTokens
import OpenSSLCommand

/// JSON Web Tokens by HS256, made with the openssl command.
enum TestToken {
    private static let secret = Array("a secret of the tests, which everybody has.".utf8)

    /// Takes static tokens, and those that are made here.
    static func verifier(_ file: String = "", keeping claims: [String]) throws -> TokenVerifier {
        var rules = TokenRules()
        rules.keptClaims = claims
        return TokenVerifier(
            staticTokens: try StaticTokens(parsing: Array(file.utf8)),
            keys: [try VerificationKey(secret: secret)],
            rules: rules
        )
    }

    /// A token with these members besides its expiry.
    static func make(_ members: String) throws -> String {
        let claims = #"{"exp":9000000000\#(members.isEmpty ? "" : ",")\#(members)}"#
        let signed = encode(Array(#"{"alg":"HS256"}"#.utf8)) + "." + encode(Array(claims.utf8))
        let digits = secret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        let arguments = ["dgst", "-sha256", "-binary", "-mac", "HMAC", "-macopt", "hexkey:\(digits)"]
        return signed + "." + encode(try OpenSSL.output(of: arguments, input: Array(signed.utf8)))
    }

    /// Base64 for URLs.
    private static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = (0..<3).reduce(0) { $0 << 8 | ($1 < group.count ? Int(group[start + $1]) : 0) }
            for digit in 0...group.count { text.append(digits[bits >> (18 - 6 * digit) & 63]) }
        }
        return text
    }
}
