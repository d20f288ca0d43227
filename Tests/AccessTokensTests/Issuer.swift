import AccessTokens
import Glibc
import OpenSSLCommand

/// Makes tokens with the openssl command, and the test keys of the fixtures.
enum Issuer: String, CaseIterable {
    case secret = ""
    case rsa, p256, p384, p521, ed25519
    case otherRSA = "other-rsa"
    case shortRSA = "short-rsa"

    /// What it signs with where it is a secret: long enough for every algorithm.
    static let sharedSecret = Array("a secret of the tests, which everybody has, in sixty-four bytes.".utf8)

    /// The key, as who verifies has it.
    func key(id: String? = nil, algorithm: JWTAlgorithm? = nil) throws -> VerificationKey {
        guard self != .secret else {
            return try VerificationKey(secret: Self.sharedSecret, id: id, algorithm: algorithm)
        }
        return try VerificationKey(pem: publicPEM(), id: id, algorithm: algorithm)
    }

    func publicPEM() throws -> [UInt8] { try Fixture.bytes("\(rawValue).public.pem") }

    /// The members of its JSON Web Key, without what is optional.
    func jwk() throws -> String {
        guard self != .secret else { return #""kty":"oct","k":"\#(base64URL(Self.sharedSecret))""# }
        let encoded = try OpenSSL.output(
            of: ["pkey", "-pubin", "-in", Fixture.path("\(rawValue).public.pem"), "-outform", "DER"]
        )
        func last(_ count: Int, before: Int = 0) -> String {
            base64URL(Array(encoded.dropLast(before).suffix(count)))
        }
        func curve(_ name: String, _ size: Int) -> String {
            #""kty":"EC","crv":"\#(name)","x":"\#(last(size, before: size))","y":"\#(last(size))""#
        }
        return switch self {
        // Behind the modulus are five bytes, of which the last three are the exponent 65537.
        case .rsa, .otherRSA: #""kty":"RSA","n":"\#(last(256, before: 5))","e":"AQAB""#
        case .shortRSA: #""kty":"RSA","n":"\#(last(128, before: 5))","e":"AQAB""#
        case .p256: curve("P-256", 32)
        case .p384: curve("P-384", 48)
        case .p521: curve("P-521", 66)
        case .ed25519, .secret: #""kty":"OKP","crv":"Ed25519","x":"\#(last(32))""#
        }
    }

    /// A token with this header, which may lie about how it is signed.
    func token(_ header: String, _ claims: String, signedBy algorithm: JWTAlgorithm) throws -> String {
        let signed = base64URL(header) + "." + base64URL(claims)
        return signed + "." + base64URL(try signature(of: Array(signed.utf8), by: algorithm))
    }

    /// A token with an honest header.
    func token(_ claims: String, by algorithm: JWTAlgorithm, id: String? = nil) throws -> String {
        let name = id.map { #","kid":"\#($0)""# } ?? ""
        return try token(#"{"alg":"\#(algorithm.rawValue)"\#(name)}"#, claims, signedBy: algorithm)
    }

    func signature(of bytes: [UInt8], by algorithm: JWTAlgorithm) throws -> [UInt8] {
        let name = algorithm.rawValue
        if algorithm == .edDSA { return try edSignature(of: bytes) }
        var arguments = ["dgst", "-sha" + name.suffix(3), "-binary"]
        switch name.prefix(2) {
        case "HS":
            let digits = Self.sharedSecret.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            arguments += ["-mac", "HMAC", "-macopt", "hexkey:\(digits)"]
        case "PS":
            arguments += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
            fallthrough
        default: arguments += ["-sign", Fixture.path("\(rawValue).pem")]
        }
        let signature = try OpenSSL.output(of: arguments, input: bytes)
        return name.hasPrefix("ES")
            ? Self.pair(signature, size: name == "ES512" ? 66 : Int(name.suffix(3))! / 8) : signature
    }

    /// The command signs so only what is in a file.
    private func edSignature(of bytes: [UInt8]) throws -> [UInt8] {
        var path = Array("/tmp/tests-token-XXXXXX".utf8CString)
        let file = unsafe mkstemp(&path)
        let name = String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer {
            close(file)
            unsafe unlink(name)
        }
        _ = unsafe write(file, bytes, bytes.count)
        return try OpenSSL.output(
            of: ["pkeyutl", "-sign", "-inkey", Fixture.path("ed25519.pem"), "-rawin", "-in", name]
        )
    }

    /// The two numbers of a signature in DER, each in as many bytes as the curve has.
    static func pair(_ encoded: [UInt8], size: Int) -> [UInt8] {
        var rest = encoded.dropFirst(encoded[1] < 0x80 ? 2 : 3)
        var pair: [UInt8] = []
        for _ in 0..<2 {
            let count = Int(rest[rest.startIndex + 1])
            let number = rest.dropFirst(2).prefix(count).drop { $0 == 0 }
            pair += [UInt8](repeating: 0, count: size - number.count) + number
            rest = rest.dropFirst(2 + count)
        }
        return pair
    }
}

extension JWTAlgorithm {
    /// Who signs so.
    var issuer: Issuer {
        switch self {
        case .hs256, .hs384, .hs512: .secret
        case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        case .edDSA: .ed25519
        }
    }
}

extension Result {
    /// Why it failed.
    var refusal: Failure? { if case .failure(let error) = self { error } else { nil } }
}
