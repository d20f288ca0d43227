internal import CTLS
internal import CommandSupport
internal import Glibc

/// What all TLS connections of a run have in common: whom they trust.
@safe final class TLSTrust {
    /// Whom to trust.
    enum Authorities: Equatable {
        /// Those of the system.
        case system
        /// Those of a PEM file.
        case file(String)
        /// Everybody: certificates aren't looked at.
        case everybody
    }

    /// Why connections can't be made.
    struct Failure: ReportedError {
        let description: String
        var exitCode: Int32 { EX_CONFIG }
    }

    private let context: OpaquePointer

    /// Reads the authorities.
    init(_ authorities: Authorities) throws(Failure) {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw Failure(description: "TLS: \(Self.lastError)")
        }
        unsafe self.context = context
        unsafe ctls_prepare(context)
        switch authorities {
        case .everybody: return
        case .system: unsafe SSL_CTX_set_default_verify_paths(context)
        case .file(let path):
            guard unsafe SSL_CTX_load_verify_file(context, path) == 1 else {
                throw Failure(description: "--tls-ca '\(path)': \(Self.lastError); allowed: a PEM file of certificates")
            }
        }
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    }

    deinit { unsafe SSL_CTX_free(context) }

    /// A session over a connected socket, with a server that has to be called by this name or address.
    func session(over socket: Socket, with server: String) -> TLSSession? {
        guard let ssl = unsafe SSL_new(context) else { return nil }
        guard unsafe SSL_set_fd(ssl, socket.descriptor) == 1 else {
            unsafe SSL_free(ssl)
            return nil
        }
        if server == "localhost" || Address(host: server, port: 0) == nil {
            // An address is no name for the server to choose its certificate by (RFC 6066, section 3).
            _ = unsafe ctls_set_server_name(ssl, server)
            unsafe SSL_set1_host(ssl, server)
        } else {
            unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server)
        }
        unsafe SSL_set_connect_state(ssl)
        return unsafe TLSSession(ssl)
    }

    /// OpenSSL's words for what went wrong last on this thread.
    static var lastError: String {
        guard let words = unsafe ERR_reason_error_string(ERR_peek_last_error()) else { return "an unknown failure" }
        return unsafe String(cString: words)
    }
}
