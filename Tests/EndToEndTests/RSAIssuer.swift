import AccessTokens
import Glibc
import OpenSSLCommand

/// An issuer whose keys change; its tokens are signed with RS256.
struct RSAIssuer {
    private let path: String
    let name: String

    /// Makes a key, which the file at `path` keeps until `remove`.
    init(_ name: String) throws {
        self.name = name
        path = "/tmp/tests-issuer-\(getpid())-\(name)-\(UInt32.random(in: 0 ... .max)).pem"
        _ = try OpenSSL.output(of: ["genrsa", "-out", path, "2048"])
    }

    func remove() { unsafe unlink(path) }

    /// The JSON Web Key.
    func jwk() throws -> String {
        let encoded = try OpenSSL.output(of: ["rsa", "-in", path, "-pubout", "-outform", "DER"])
        // Behind the modulus are five bytes, of which the last three are the exponent 65537.
        let modulus = Self.base64URL(Array(encoded.dropLast(5).suffix(256)))
        return #"{"kty":"RSA","kid":"\#(name)","n":"\#(modulus)","e":"AQAB"}"#
    }

    static func set(_ issuers: RSAIssuer...) throws -> String {
        #"{"keys":[\#(try issuers.map { try $0.jwk() }.joined(separator: ","))]}"#
    }

    func token(_ claims: String = #"{"exp":9e9}"#) throws -> String {
        let header = Self.base64URL(Array(#"{"alg":"RS256","kid":"\#(name)"}"#.utf8))
        let signed = header + "." + Self.base64URL(Array(claims.utf8))
        let signature = try OpenSSL.output(of: ["dgst", "-sha256", "-sign", path], input: Array(signed.utf8))
        return signed + "." + Self.base64URL(signature)
    }

    private static func base64URL(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0...group.count { text.append(alphabet[bits >> (18 - 6 * place) & 63]) }
        }
        return text
    }
}
