import Glibc

/// A self-signed certificate for localhost and its key, in files that go with it.
package final class CertificateFiles: Sendable {
    package let certificate: String
    package let key: String
    private let folder: String

    package init(isExpired: Bool = false) throws {
        var template = Array("/tmp/tests-certificate-XXXXXX".utf8CString)
        guard let path = unsafe mkdtemp(&template) else { throw OpenSSL.Failure(description: "mkdtemp: \(errno)") }
        folder = unsafe String(cString: path)
        certificate = folder + "/certificate.pem"
        key = folder + "/key.pem"
        let request = try OpenSSL.start([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
        ])
        var status: Int32 = 0
        unsafe waitpid(request, &status, 0)
        guard status == 0 else { throw OpenSSL.Failure(description: "openssl req: \(status)") }
        if isExpired { try expire() }
    }

    /// Signs it again, with an end that is past.
    private func expire() throws {
        // A validity of -1 days ended yesterday.
        let command = try OpenSSL.start([
            "x509", "-in", certificate, "-signkey", key, "-days", "-1", "-out", certificate,
        ])
        var status: Int32 = 0
        unsafe waitpid(command, &status, 0)
        guard status == 0 else { throw OpenSSL.Failure(description: "openssl x509: \(status)") }
    }

    deinit {
        for file in [certificate, key] { unsafe unlink(file) }
        unsafe rmdir(folder)
    }
}
