internal import GraphQLTransport

/// A token in its compact form (RFC 7515, section 3.1), read as far as it can be before its signature is judged.
struct JSONWebToken {
    /// Most bytes of a token of any kind.
    static let maximumSize = 8 << 10

    /// The name of the algorithm, as the header has it.
    let algorithm: String
    /// The key that the header names.
    let keyID: String?
    /// What is signed: the first two parts and the dot between them.
    let signedBytes: ArraySlice<UInt8>
    let signature: [UInt8]
    /// The bytes of the claims, about which nothing is known yet.
    let payload: [UInt8]

    /// Takes the parts of a token apart.
    init(_ bytes: [UInt8]) throws(TokenRefusal) {
        guard bytes.count <= Self.maximumSize else { throw .tooLarge }
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        signedBytes = bytes[..<parts[1].endIndex]
        self.payload = payload
        self.signature = signature
        (algorithm, keyID) = try Self.read(header)
    }

    /// Whether bytes have the three parts of one, whatever is in them.
    static func isLikely(_ bytes: [UInt8]) -> Bool { bytes.count { $0 == UInt8(ascii: ".") } == 2 }

    private static func read(_ header: [UInt8]) throws(TokenRefusal) -> (algorithm: String, keyID: String?) {
        let claims = try ClaimSet(header)
        // No extension is understood here, and one that changes what is signed least of all (RFC 7797).
        guard !claims.has("crit"), !claims.has("b64") else { throw .critical }
        guard let algorithm = try claims.text("alg") else { throw .malformed }
        return (algorithm, try claims.text("kid"))
    }
}
