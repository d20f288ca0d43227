internal import COpenSSL

/// A public key that OpenSSL has read; immutable, and verified with on any thread.
@safe final class PublicKey: Sendable {
    /// What kind of key it is.
    enum Kind: Sendable {
        case rsa, p256, p384, p521, ed25519
    }

    private nonisolated(unsafe) let handle: OpaquePointer
    let kind: Kind

    /// Reads a SubjectPublicKeyInfo (RFC 5280, section 4.1) that takes all the bytes.
    convenience init(subjectPublicKeyInfo bytes: [UInt8]) throws(KeyFault) {
        try unsafe self.init { unsafe Self.read(bytes) }
    }

    /// Reads a certificate's key; of the certificate nothing else is looked at.
    convenience init(certificate bytes: [UInt8]) throws(KeyFault) {
        try unsafe self.init { unsafe Self.read(certificate: bytes) }
    }

    private init(_ read: () -> OpaquePointer?) throws(KeyFault) {
        // Leaves the thread's list of errors as it was: TLS reads its own from it.
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        guard let handle = unsafe read() else { throw .malformed }
        unsafe self.handle = unsafe handle
        do throws(KeyFault) {
            kind = try unsafe Self.kind(of: handle)
        } catch {
            // Until all is set there is no object, and so no deinit.
            unsafe EVP_PKEY_free(handle)
            throw error
        }
    }

    deinit { unsafe EVP_PKEY_free(handle) }

    /// Whether a signature in OpenSSL's form is that of some bytes.
    func verifies(_ signature: [UInt8], of message: ArraySlice<UInt8>, by algorithm: JWTAlgorithm) -> Bool {
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        guard unsafe EVP_DigestVerifyInit(context, &parameters, algorithm.digest, nil, handle) == 1 else {
            return false
        }
        if algorithm.isPSS {
            // RFC 7518, section 3.5: as many bytes of salt as the digest has, and the same digest within MGF1.
            guard unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                unsafe EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
            else { return false }
        }
        // RFC 8017, section 8: a signature is as long as the modulus.
        if kind == .rsa, unsafe signature.count != Int(EVP_PKEY_get_size(handle)) { return false }
        return unsafe signature.withUnsafeBufferPointer { signature in
            unsafe message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(
                    context,
                    signature.baseAddress,
                    signature.count,
                    message.baseAddress,
                    message.count
                ) == 1
            }
        }
    }

    private static func kind(of handle: OpaquePointer) throws(KeyFault) -> Kind {
        switch unsafe EVP_PKEY_get_base_id(handle) {
        case EVP_PKEY_RSA:
            guard unsafe hasGoodNumbers(handle) else { throw .weak }
            return .rsa
        case EVP_PKEY_EC:
            switch unsafe group(of: handle) {
            case "prime256v1": return .p256
            case "secp384r1": return .p384
            case "secp521r1": return .p521
            default: throw .unsupported
            }
        case EVP_PKEY_ED25519: return .ed25519
        default: throw .unsupported
        }
    }

    /// Whether a modulus is long enough (RFC 7518, section 3.3) and none that costs too much, and the exponent none by
    /// which everything is signed, such as 1, or that takes long.
    private static func hasGoodNumbers(_ handle: OpaquePointer) -> Bool {
        guard unsafe (2048...8192).contains(EVP_PKEY_get_bits(handle)) else { return false }
        var exponent: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(handle, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 else { return false }
        defer { unsafe BN_free(exponent) }
        return unsafe BN_is_odd(exponent) == 1 && (2...64).contains(BN_num_bits(exponent))
    }

    private static func group(of handle: OpaquePointer) -> String {
        var name = [CChar](repeating: 0, count: 64)
        var count = 0
        guard unsafe EVP_PKEY_get_group_name(handle, &name, name.count, &count) == 1 else { return "" }
        return String(decoding: name.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func read(_ bytes: [UInt8]) -> OpaquePointer? {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var next = buffer.baseAddress
            let handle = unsafe d2i_PUBKEY(nil, &next, buffer.count)
            guard unsafe next == buffer.baseAddress.map({ unsafe $0 + buffer.count }) else {
                unsafe EVP_PKEY_free(handle)
                return nil
            }
            return unsafe handle
        }
    }

    private static func read(certificate bytes: [UInt8]) -> OpaquePointer? {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            var next = buffer.baseAddress
            guard let certificate = unsafe d2i_X509(nil, &next, buffer.count) else { return nil }
            defer { unsafe X509_free(certificate) }
            return unsafe X509_get_pubkey(certificate)
        }
    }
}
