internal import CLibwebsockets
internal import Glibc

/// A certificate chain and the private key that belongs to it; immutable, and shared by all loops.
@safe package final class ServerIdentity: Sendable {
    nonisolated(unsafe) let context: OpaquePointer

    /// Whether clients are asked for certificates.
    package let asksClients: Bool

    /// When the server's own certificate expires, in seconds since 1970; 0 when it doesn't say.
    package let end: Int64

    /// True when the server's own certificate has expired.
    package var hasEnded: Bool { end != 0 && end < Int64(time(nil)) }

    /// Reads both PEM files; the chain begins with the server's own certificate.
    ///
    /// - Parameter clients: Whose certificates clients are asked for; nil for none.
    /// - Throws: `IdentityError` when one of them can't be read or parsed, is too weak for the system's OpenSSL, or
    ///   doesn't belong to the other.
    package init(
        certificateFile: String,
        keyFile: String,
        clients: ClientAuthorities? = nil
    ) throws(IdentityError) {
        var part: Int32 = 0
        var reason: UnsafePointer<CChar>?
        guard let context = unsafe clws_read_identity(certificateFile, keyFile, &part, &reason) else {
            let isKey = part == Int32(bitPattern: clws_identity_key.rawValue)
            throw IdentityError(
                part: isKey ? .key : .certificate,
                path: isKey ? keyFile : certificateFile,
                reason: unsafe reason.map { unsafe String(cString: $0) } ?? "it is no such PEM file"
            )
        }
        if let clients, unsafe clws_trust_clients(context, clients.file, clients.isRequired ? 1 : 0, &reason) != 1 {
            unsafe SSL_CTX_free(context)
            throw IdentityError(
                part: .clients,
                path: clients.file,
                reason: unsafe reason.map { unsafe String(cString: $0) } ?? "it has no certificate in PEM"
            )
        }
        asksClients = clients != nil
        unsafe self.context = unsafe context
        end = unsafe clws_identity_end(context)
    }

    deinit { unsafe SSL_CTX_free(context) }
}

/// Why a server can't identify itself.
package struct IdentityError: Error, Hashable {
    /// Which of the files.
    package enum Part: Sendable { case certificate, key, clients }

    /// The file that can't be used.
    package let part: Part
    /// Its path.
    package let path: String
    /// OpenSSL's or the system's words, such as `no start line` for a file that isn't PEM.
    package let reason: String
}
