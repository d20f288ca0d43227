internal import GraphQLTransport

extension VerificationKey {
    /// A key as a JSON Web Key (RFC 7517, section 4).
    ///
    /// - Parameter allowsSecrets: Whether it may be a secret (`oct`), which nobody may publish.
    /// - Throws: What is wrong with it, or why it isn't for us.
    package init(jwk: [UInt8], allowsSecrets: Bool) throws(KeyFault) {
        let members: ClaimSet
        let kind, use, name, id: String?
        let operations: [String]?
        do throws(TokenRefusal) {
            members = try ClaimSet(jwk)
            kind = try members.text("kty")
            use = try members.text("use")
            operations = try members.texts("key_ops")
            name = try members.text("alg")
            id = try members.text("kid")
        } catch {
            throw .malformed
        }
        guard use ?? "sig" == "sig", operations?.contains("verify") ?? true else { throw .otherUse }
        let algorithm = name.flatMap(JWTAlgorithm.init(named:))
        if name != nil, algorithm == nil { throw .unsupported }
        if kind == "oct" {
            guard allowsSecrets else { throw .secret }
            try self.init(secret: Self.bytes("k", of: members), id: id, algorithm: algorithm)
            return
        }
        guard !members.has("d") else { throw .privateKey }
        let encoded = try Self.encode(kind, members)
        try self.init(try PublicKey(subjectPublicKeyInfo: encoded), id: id, algorithm: algorithm)
    }

    /// Writes it as the rest of the world does: RFC 7518, section 6; RFC 8037, section 2.
    private static func encode(_ kind: String?, _ members: ClaimSet) throws(KeyFault) -> [UInt8] {
        switch kind {
        case "RSA":
            let modulus = try bytes("n", of: members)
            // Its length goes into two bytes, and OpenSSL needn't see one that is far too long.
            guard modulus.count <= 2048 else { throw .weak }
            let exponent = try bytes("e", of: members)
            guard exponent.count <= 2048 else { throw .weak }
            return DER.subjectPublicKeyInfo(
                algorithm: AlgorithmIdentifier.rsa,
                key: DER.sequence(DER.integer(modulus), DER.integer(exponent))
            )
        case "EC":
            guard let curve = AlgorithmIdentifier.curve(try curveName(members)) else { throw .unsupported }
            let (x, y) = (try bytes("x", of: members), try bytes("y", of: members))
            guard x.count == curve.size, y.count == curve.size else { throw .malformed }
            return DER.subjectPublicKeyInfo(algorithm: curve.identifier, key: [0x04] + x + y)
        case "OKP":
            guard try curveName(members) == "Ed25519" else { throw .unsupported }
            let x = try bytes("x", of: members)
            guard x.count == 32 else { throw .malformed }
            return DER.subjectPublicKeyInfo(algorithm: AlgorithmIdentifier.ed25519, key: x)
        case nil: throw .malformed
        default: throw .unsupported
        }
    }

    private static func curveName(_ members: ClaimSet) throws(KeyFault) -> String {
        guard let name = try? members.text("crv") else { throw .malformed }
        return name
    }

    private static func bytes(_ name: String, of members: ClaimSet) throws(KeyFault) -> [UInt8] {
        guard let text = try? members.text(name), let bytes = Base64URL.decode(text.utf8), !bytes.isEmpty else {
            throw .malformed
        }
        return bytes
    }
}
