package import WebSockets

/// Which certificates clients are asked for.
public struct ClientCertificates: Sendable, Hashable {
    /// A PEM file of the authorities whose certificates are good.
    ///
    /// It is read when the relay starts, and by `Relay.reloadCertificates()`. Certificates that were revoked can't be
    /// told from others: there are no lists of them.
    public var authorities: String
    /// Whether a client without one is refused in the TLS handshake; true by default.
    public var isRequired: Bool

    /// Asks for certificates of these authorities.
    public init(authorities: String, isRequired: Bool = true) {
        self.authorities = authorities
        self.isRequired = isRequired
    }
}

/// The certificate and the key of a TLS server, both PEM files.
public struct TLSFiles: Sendable, Hashable {
    /// The certificate chain, the server's own certificate first.
    public var certificate: String
    /// The private key of that certificate, without a passphrase.
    public var key: String
    /// Which certificates clients are asked for; none by default.
    ///
    /// A certificate is a credential: who has one needs no token, and is known by the certificate's name.
    public var clients: ClientCertificates?

    /// Names the files, which are read when the relay starts, and by `Relay.reloadCertificates()`.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both files.
    package func read() throws(TLSFileError) -> ServerIdentity {
        do {
            let authorities = clients.map { ClientAuthorities(file: $0.authorities, isRequired: $0.isRequired) }
            return try ServerIdentity(certificateFile: certificate, keyFile: key, clients: authorities)
        } catch {
            throw TLSFileError(error)
        }
    }
}

/// A certificate or key that can't be used.
public struct TLSFileError: Error, Hashable, CustomStringConvertible {
    /// True when the key is at fault.
    public let isKey: Bool
    /// True when the authorities of clients are at fault; false, and `isKey` too, for the certificate.
    public let isAuthority: Bool
    /// The path of the file.
    public let path: String
    /// One line that names the file and says why.
    public let description: String

    init(_ error: IdentityError) {
        isKey = error.part == .key
        path = error.path
        isAuthority = error.part == .clients
        let wanted =
            switch error.part {
            case .key: "the certificate's private key in PEM, without a passphrase"
            case .certificate: "a certificate chain in PEM"
            case .clients: "certificates of authorities in PEM"
            }
        description = "can't use the file '\(error.path)': \(error.reason); allowed: \(wanted)"
    }
}
