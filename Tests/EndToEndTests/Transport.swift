import OpenSSLCommand

/// What a relay's clients speak.
enum Transport: CaseIterable {
    case plaintext, tls

    /// What can be tested here.
    static var all: [Transport] { OpenSSL.isInstalled ? allCases : [.plaintext] }
}
