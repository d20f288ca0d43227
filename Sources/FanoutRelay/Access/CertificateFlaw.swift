internal import AccessTokens
internal import GraphQLTransport
internal import WebSockets

/// Why a client isn't let in by its certificate, though TLS was.
enum CertificateFlaw: String, Error {
    /// None was shown, and nobody has another credential.
    case missing
    /// It has ended since its session began, which was resumed.
    case ended
    /// It has a name that can't be used.
    case name

    /// A sentence for the client.
    var message: String {
        switch self {
        case .missing: "a client certificate is needed"
        case .ended: "the client certificate has expired"
        case .name: "the client certificate's name can't be used"
        }
    }
}

extension Identity {
    /// What a certificate permits: all that clients may have, and nothing that operators see.
    private static let certifiedScopes: ScopeSet = [.subscribe, .execute, .own]

    /// Who has a certificate that was verified when the TLS session began.
    ///
    /// - Parameter now: The time in seconds since 1970.
    convenience init(_ certificate: ClientCertificate, at now: Double) throws(CertificateFlaw) {
        if certificate.end != 0, Double(certificate.end) < now { throw .ended }
        let subject: String? =
            switch certificate.name {
            case .nobody: nil
            case .named(let name): name
            case .unusable: throw .name
            }
        self.init(
            subject: subject,
            scopes: Self.certifiedScopes,
            expiry: certificate.end == 0 ? nil : Double(certificate.end),
            // As if it were a token's, for what reads claims.
            claims: subject.map { Array(#"{"sub":"#.utf8) + JSONString.encode($0) + Array("}".utf8) } ?? Self.noClaims
        )
    }
}
