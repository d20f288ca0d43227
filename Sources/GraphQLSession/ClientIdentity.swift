internal import WebSockets

/// A certificate of a client and its private key, for servers that ask for one.
///
/// The files are read at each connect when they have changed, so that a certificate can be renewed in place.
public struct ClientIdentity: Sendable, Hashable {
    /// A PEM file of the certificate, and of those between it and the authority, in this order.
    public var certificateFile: String
    /// A PEM file of the certificate's private key, without a passphrase; it may be the same file.
    public var keyFile: String

    /// Names the files; they are read when a session connects.
    ///
    /// What can't be read, or doesn't belong together, fails the attempt.
    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

extension TLSIdentity {
    init(_ identity: ClientIdentity) {
        self.init(certificateFile: identity.certificateFile, keyFile: identity.keyFile)
    }
}
