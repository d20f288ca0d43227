package import WebSockets

/// The certificate and the key of a TLS server, both PEM files.
public struct TLSFiles: Sendable, Hashable {
    /// The certificate chain, the server's own certificate first.
    public var certificate: String
    /// The private key of that certificate, without a passphrase.
    public var key: String

    /// Names the files, which are read when the relay starts, and by `Relay.reloadCertificates()`.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads both files.
    package func read() throws(TLSFileError) -> ServerIdentity {
        do {
            return try ServerIdentity(certificateFile: certificate, keyFile: key)
        } catch {
            throw TLSFileError(error)
        }
    }
}

/// A certificate or key that can't be used.
public struct TLSFileError: Error, Hashable, CustomStringConvertible {
    /// True when the key is at fault; false for the certificate.
    public let isKey: Bool
    /// The path of the file.
    public let path: String
    /// One line that names the file and says why.
    public let description: String

    init(_ error: IdentityError) {
        isKey = error.part == .key
        path = error.path
        let wanted = isKey ? "the certificate's private key in PEM, without a passphrase" : "a certificate chain in PEM"
        description = "can't use the file '\(error.path)': \(error.reason); allowed: \(wanted)"
    }
}
