internal import COpenSSL

/// What signatures are verified with: the key decides which algorithms it is for (RFC 8725, section 3.1).
package struct VerificationKey: Sendable, CustomStringConvertible {
    private enum Material: Sendable {
        case secret([UInt8])
        case key(PublicKey)
    }

    private let material: Material
    /// Its name, by which tokens say with which key they are signed; nil for a key that is tried for every token.
    package let id: String?
    /// What it may verify.
    package let algorithms: Set<JWTAlgorithm>

    /// Whether it is a secret that the issuer shares with us.
    package var isSecret: Bool { if case .secret = material { true } else { false } }

    /// The kind and the name, and nothing of the key itself.
    package var description: String {
        let names = algorithms.map(\.rawValue).sorted().joined(separator: " ")
        return id.map { "\(names) '\($0)'" } ?? names
    }

    /// A secret that is shared with the issuer.
    ///
    /// - Parameter algorithm: The only one it is for; otherwise all that its length suffices for.
    /// - Throws: `.weak` below 32 bytes, or 48 and 64 for HS384 and HS512; `.unsupported` for an algorithm without
    ///   secrets.
    package init(secret: [UInt8], id: String? = nil, algorithm: JWTAlgorithm? = nil) throws(KeyFault) {
        if let algorithm, !JWTAlgorithm.secret.contains(algorithm) { throw .unsupported }
        let fitting = JWTAlgorithm.secret.filter { secret.count >= $0.smallestSecret }
        try self.init(.secret(secret), id, fitting, only: algorithm, otherwise: .weak)
    }

    /// A secret as a text file has it: the end of the line, which editors add, is none of it.
    package init(secretFile: [UInt8], id: String? = nil, algorithm: JWTAlgorithm? = nil) throws(KeyFault) {
        var secret = secretFile
        if secret.last == UInt8(ascii: "\n") { secret.removeLast() }
        if secret.last == UInt8(ascii: "\r") { secret.removeLast() }
        try self.init(secret: secret, id: id, algorithm: algorithm)
    }

    /// A public key or a certificate in PEM, as a file has it; of a chain the first certificate's key.
    ///
    /// - Throws: `.privateKey`, `.surplus` for a second public key, and what else is wrong.
    package init(pem: [UInt8], id: String? = nil, algorithm: JWTAlgorithm? = nil) throws(KeyFault) {
        try self.init(try PEM.publicKey(pem), id: id, algorithm: algorithm)
    }

    init(_ key: PublicKey, id: String?, algorithm: JWTAlgorithm?) throws(KeyFault) {
        let fitting: Set<JWTAlgorithm> =
            switch key.kind {
            case .rsa: JWTAlgorithm.rsa
            case .p256: [.es256]
            case .p384: [.es384]
            case .p521: [.es512]
            case .ed25519: [.edDSA]
            }
        try self.init(.key(key), id, fitting, only: algorithm, otherwise: .unsupported)
    }

    private init(
        _ material: Material,
        _ id: String?,
        _ fitting: Set<JWTAlgorithm>,
        only algorithm: JWTAlgorithm?,
        otherwise fault: KeyFault
    ) throws(KeyFault) {
        algorithms = algorithm.map { fitting.intersection([$0]) } ?? fitting
        guard !algorithms.isEmpty else { throw fault }
        self.material = material
        self.id = id
    }

    /// Whether a signature, as tokens have it, is this key's.
    func verifies(_ signature: [UInt8], of message: ArraySlice<UInt8>, by algorithm: JWTAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        switch material {
        case .secret(let secret): return Self.authenticates(signature, message, algorithm, secret)
        case .key(let key):
            guard let size = algorithm.coordinateSize else {
                return key.verifies(signature, of: message, by: algorithm)
            }
            guard signature.count == 2 * size else { return false }
            let pair = DER.sequence(DER.integer(signature[..<size]), DER.integer(signature[size...]))
            return key.verifies(pair, of: message, by: algorithm)
        }
    }

    private static func authenticates(
        _ signature: [UInt8],
        _ message: ArraySlice<UInt8>,
        _ algorithm: JWTAlgorithm,
        _ secret: [UInt8]
    ) -> Bool {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        let isMade = unsafe message.withUnsafeBufferPointer { message in
            let digest = unsafe algorithm.digest
            return unsafe HMAC(
                digest,
                secret,
                Int32(secret.count),
                message.baseAddress,
                message.count,
                &code,
                &count
            ) != nil
        }
        guard isMade, signature.count == Int(count) else { return false }
        return unsafe CRYPTO_memcmp(code, signature, Int(count)) == 0
    }
}
