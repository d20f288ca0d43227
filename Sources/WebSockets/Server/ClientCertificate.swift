internal import CLibwebsockets

/// Whose certificates clients are asked for.
package struct ClientAuthorities: Sendable, Hashable {
    /// A PEM file of the authorities' certificates.
    package let file: String
    /// Whether a handshake without a certificate fails; one that is shown must be good in any case.
    package let isRequired: Bool

    /// Names the file.
    package init(file: String, isRequired: Bool) {
        self.file = file
        self.isRequired = isRequired
    }
}

/// What a client's certificate says, which was verified when its session began.
///
/// A session that is resumed has the certificate of the one that it goes on with, which may have ended since.
package struct ClientCertificate: Sendable, Hashable {
    /// Whom it names.
    package enum Name: Sendable, Hashable {
        case nobody
        /// The first URI, e-mail address or DNS name of its alternative names, else its common name.
        case named(String)
        /// A name that is too long, has control characters, or is one of several common names.
        case unusable
    }

    /// Whom it names.
    package var name: Name
    /// When it ends, in seconds since 1970; 0 when it doesn't say.
    package var end: Int64

    /// The most bytes of a name, as of a static token's subject.
    private static let nameSize = 256

    /// Makes one as it were read.
    package init(name: Name, end: Int64) {
        self.name = name
        self.end = end
    }

    /// Reads that of a connection; nil when its client showed none.
    init?(of wsi: OpaquePointer) {
        var end: Int64 = 0
        let name: Name? = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.nameSize + 1) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            switch unsafe clws_name_client(lws_get_ssl(wsi), start, Int32(buffer.count), &end) {
            case clws_client_named: return .named(unsafe String(cString: start))
            case clws_client_nameless: return .nobody
            case clws_client_misnamed: return .unusable
            default: return nil
            }
        }
        guard let name else { return nil }
        self.init(name: name, end: end)
    }
}

extension WebSocketServer {
    /// Why TLS handshakes fail because of the client's certificate.
    package enum CertificateRefusal: String, CaseIterable, Sendable {
        /// None was shown where one is required.
        case missing
        /// It has ended.
        case expired
        /// It isn't valid yet.
        case early
        /// It is none of the authorities'.
        case authority
        /// Its purpose, its signature or its form isn't right.
        case other

        var reason: clws_client_refusal {
            switch self {
            case .missing: clws_client_missing
            case .expired: clws_client_expired
            case .early: clws_client_early
            case .authority: clws_client_authority
            case .other: clws_client_other
            }
        }
    }
}

extension WebSocket {
    /// What the client showed of who it is; nil where it isn't asked, or showed none.
    func certificate(of wsi: OpaquePointer) -> ClientCertificate? {
        guard server?.options.identity?.asksClients == true else { return nil }
        return unsafe ClientCertificate(of: wsi)
    }
}
