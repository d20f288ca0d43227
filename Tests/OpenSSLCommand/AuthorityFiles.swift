import Glibc

/// A certificate authority and the certificates of clients that it signed, in files that go with it.
package final class AuthorityFiles: Sendable {
    /// The authority's own certificate.
    package let certificate: String
    private let key: String
    private let folder: String

    /// What a client shows.
    package struct Client: Sendable {
        package let certificate: String
        package let key: String
    }

    package init() throws {
        var template = Array("/tmp/tests-authority-XXXXXX".utf8CString)
        guard let path = unsafe mkdtemp(&template) else { throw OpenSSL.Failure(description: "mkdtemp: \(errno)") }
        folder = unsafe String(cString: path)
        certificate = folder + "/authority.pem"
        key = folder + "/authority-key.pem"
        try Self.run(Self.request(key) + ["-x509", "-days", "2", "-subj", "/CN=authority", "-out", certificate])
    }

    private static func request(_ key: String) -> [String] {
        ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key]
    }

    /// Signs a client's certificate, whose common name is the file's name.
    ///
    /// - Parameter names: Its alternative names, such as `DNS:a.example`.
    package func issue(_ name: String, names: String? = nil, days: Int = 2) throws -> Client {
        let client = Client(certificate: "\(folder)/\(name).pem", key: "\(folder)/\(name)-key.pem")
        let (signingRequest, serial) = ("\(folder)/\(name).csr", "\(folder)/\(name).srl")
        let extensions = names.map { ["-addext", "subjectAltName=\($0)"] } ?? []
        try Self.run(Self.request(client.key) + ["-new", "-subj", "/CN=\(name)", "-out", signingRequest] + extensions)
        try Self.run([
            "x509", "-req", "-in", signingRequest, "-CA", certificate, "-CAkey", key, "-CAserial", serial,
            "-CAcreateserial", "-copy_extensions", "copy", "-days", "\(days)", "-out", client.certificate,
        ])
        for file in [signingRequest, serial] { unsafe unlink(file) }
        return client
    }

    /// Takes another one's place, whose own file is gone then.
    package func become(_ other: AuthorityFiles) { _ = unsafe rename(other.certificate, certificate) }

    private static func run(_ arguments: [String]) throws {
        var status: Int32 = 0
        unsafe waitpid(try OpenSSL.start(arguments), &status, 0)
        guard status == 0 else { throw OpenSSL.Failure(description: "openssl \(arguments[0]): \(status)") }
    }

    deinit {
        if let entries = unsafe opendir(folder) {
            while let entry = unsafe readdir(entries) {
                let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { unsafe unlink("\(folder)/\(name)") }
            }
            unsafe closedir(entries)
        }
        unsafe rmdir(folder)
    }
}
