internal import COpenSSL

/// How a token is signed (RFC 7518, section 3.1; RFC 8037, section 3.1).
package enum JWTAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"

    /// What is taken when the operator names none; HS256 joins them where there is a secret.
    package static let usual: Set = [rs256, es256, edDSA]

    /// Those by secrets, and those by a modulus.
    static let secret: Set = [hs256, hs384, hs512]
    static let rsa: Set = [rs256, rs384, rs512, ps256, ps384, ps512]

    /// An algorithm by its name; `Ed25519` is RFC 9864's for the one curve that is known here.
    package init?(named name: String) {
        guard let algorithm = Self(rawValue: name == "Ed25519" ? "EdDSA" : name) else { return nil }
        self = algorithm
    }

    /// Fewest bytes of a secret (RFC 7518, section 3.2): as many as the digest has.
    var smallestSecret: Int {
        switch self {
        case .hs256: 32
        case .hs384: 48
        default: 64
        }
    }

    /// Bytes of each of the two numbers that an ECDSA signature is (RFC 7518, section 3.4).
    var coordinateSize: Int? {
        switch self {
        case .es256: 32
        case .es384: 48
        case .es512: 66
        default: nil
        }
    }

    /// Whether the padding is PSS (RFC 7518, section 3.5).
    var isPSS: Bool { self == .ps256 || self == .ps384 || self == .ps512 }

    /// The digest that is signed; nil for Ed25519, which has its own.
    var digest: OpaquePointer? {
        switch self {
        case .hs256, .rs256, .ps256, .es256: unsafe EVP_sha256()
        case .hs384, .rs384, .ps384, .es384: unsafe EVP_sha384()
        case .hs512, .rs512, .ps512, .es512: unsafe EVP_sha512()
        case .edDSA: nil
        }
    }
}
