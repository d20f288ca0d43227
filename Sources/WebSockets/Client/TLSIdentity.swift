internal import Glibc

/// The files of a certificate and its private key by which a client makes itself known to servers.
package struct TLSIdentity: Sendable, Hashable {
    /// A PEM chain; it begins with the client's own certificate.
    package var certificateFile: String
    /// A PEM key without a passphrase.
    package var keyFile: String

    /// Names the files; nothing is read.
    package init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// Why they can't be read; nil if they can.
    var flaw: String? {
        for (file, name) in [(certificateFile, "client certificate"), (keyFile, "client key")] {
            guard unsafe access(file, R_OK) != 0 else { continue }
            return "can't read the \(name) \(file): \(errnoText(errno))"
        }
        return nil
    }
}
