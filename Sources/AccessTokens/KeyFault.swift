/// Why something can't be used as a key.
package enum KeyFault: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    /// It is no key, or a broken one.
    case malformed
    /// It is for something else than signatures.
    case otherUse
    /// Its kind or its algorithm isn't known here.
    case unsupported
    /// It is too short, or made so that anybody can sign.
    case weak
    /// It is a secret, where only public keys may come from.
    case secret
    /// It is a private key: who verifies needs the public one only.
    case privateKey
    /// There are more than are taken.
    case surplus

    package var description: String {
        switch self {
        case .malformed: "it is no key; allowed: a public key or a certificate in PEM"
        case .otherUse: "it isn't for signatures"
        case .unsupported: "its kind isn't known; allowed: RSA, P-256, P-384, P-521, Ed25519"
        case .weak: "it is too weak; allowed: RSA of 2048 to 8192 bits, secrets of 32 bytes or more"
        case .secret: "a secret isn't taken from here"
        case .privateKey: "it is a private key; the public one is needed"
        case .surplus: "it is one key too many"
        }
    }
}
