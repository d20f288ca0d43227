internal import COpenSSL

/// Keys in PEM (RFC 7468).
enum PEM {
    private struct Block {
        let name: String
        let contents: [UInt8]
    }

    /// The one public key of a file, or the key of its first certificate.
    static func publicKey(_ text: [UInt8]) throws(KeyFault) -> PublicKey {
        let blocks = blocks(of: text)
        guard !blocks.contains(where: { $0.name.hasSuffix("PRIVATE KEY") }) else { throw .privateKey }
        guard let first = blocks.first(where: { $0.name != "EC PARAMETERS" }) else { throw .malformed }
        let hasSecond = blocks.dropFirst().contains { $0.name.hasSuffix("PUBLIC KEY") }
        switch first.name {
        case "PUBLIC KEY", "RSA PUBLIC KEY":
            guard !hasSecond else { throw .surplus }
            let isBare = first.name == "RSA PUBLIC KEY"
            return try PublicKey(
                subjectPublicKeyInfo: isBare
                    ? DER.subjectPublicKeyInfo(algorithm: AlgorithmIdentifier.rsa, key: first.contents) : first.contents
            )
        case "CERTIFICATE": return try PublicKey(certificate: first.contents)
        default: throw .unsupported
        }
    }

    /// At most ten, which is more than a chain has.
    private static func blocks(of text: [UInt8]) -> [Block] {
        guard text.count <= 1 << 20 else { return [] }
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        return unsafe text.withUnsafeBytes { bytes in
            guard let file = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return [] }
            defer { unsafe BIO_free(file) }
            var blocks: [Block] = []
            while blocks.count < 10, let block = unsafe next(file) { blocks.append(block) }
            return blocks
        }
    }

    private static func next(_ file: OpaquePointer) -> Block? {
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var contents: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard unsafe PEM_read_bio(file, &name, &header, &contents, &count) == 1 else { return nil }
        defer {
            unsafe CRYPTO_free(name, nil, 0)
            unsafe CRYPTO_free(header, nil, 0)
            unsafe CRYPTO_clear_free(contents, count, nil, 0)
        }
        return unsafe Block(
            name: name.map { unsafe String(cString: $0) } ?? "",
            contents: Array(UnsafeBufferPointer(start: contents, count: count))
        )
    }
}

/// The encoded names of kinds of keys.
enum AlgorithmIdentifier {
    /// rsaEncryption (RFC 3279, section 2.3.1).
    static let rsa: [UInt8] = [
        0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
    ]
    /// Ed25519 (RFC 8410, section 3).
    static let ed25519: [UInt8] = [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70]

    /// A curve of NIST's (RFC 5480, section 2.1.1) by its name in a JWK, and the size of its coordinates.
    static func curve(_ name: String) -> (identifier: [UInt8], size: Int)? {
        let ecPublicKey: [UInt8] = [0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
        switch name {
        case "P-256":
            return (DER.sequence(ecPublicKey, [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]), 32)
        case "P-384": return (DER.sequence(ecPublicKey, [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22]), 48)
        case "P-521": return (DER.sequence(ecPublicKey, [0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23]), 66)
        default: return nil
        }
    }
}
