internal import CTLS
internal import Glibc

/// TLS over a non-blocking socket, from the client's side.
@safe final class TLSSession {
    /// How far a handshake has come.
    enum Progress: Equatable {
        case complete
        case awaitsReading
        case awaitsWriting
        case failed(String)
    }

    private let ssl: OpaquePointer

    init(_ ssl: OpaquePointer) { unsafe self.ssl = ssl }

    deinit { unsafe SSL_free(ssl) }

    /// Goes on with the handshake.
    func handshake() -> Progress {
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(ssl)
        let system = errno
        guard result != 1 else { return .complete }
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .awaitsReading
        case SSL_ERROR_WANT_WRITE: return .awaitsWriting
        case SSL_ERROR_SYSCALL where ERR_peek_last_error() == 0:
            return .failed(system == 0 ? "the server hung up" : SystemError.words(for: system))
        default:
            let verdict = unsafe SSL_get_verify_result(ssl)
            guard verdict != X509_V_OK, let words = unsafe X509_verify_cert_error_string(verdict) else {
                return .failed(TLSTrust.lastError)
            }
            return .failed(unsafe String(cString: words))
        }
    }

    /// Reads once into `buffer`, at most `limit` bytes; the buffer should have room for a record, 16 KiB.
    func read(into buffer: inout [UInt8], limit: Int) -> Socket.Reading {
        ERR_clear_error()
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe SSL_read(ssl, bytes.baseAddress, Int32(clamping: min(bytes.count, limit)))
        }
        let system = errno
        guard count <= 0 else { return .bytes(Int(count)) }
        switch unsafe SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
        case SSL_ERROR_SYSCALL where system != 0: return .failed(system)
        // The server's close_notify, or its end without one.
        default: return .endOfStream
        }
    }

    /// Writes as much of `bytes` as the kernel takes.
    func write(_ bytes: Span<UInt8>) -> Socket.Writing {
        ERR_clear_error()
        let count = unsafe bytes.withUnsafeBytes {
            unsafe SSL_write(ssl, $0.baseAddress, Int32(clamping: $0.count))
        }
        let system = errno
        guard count <= 0 else { return .wrote(Int(count)) }
        switch unsafe SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
        default: return .failed(system == 0 ? EPIPE : system)
        }
    }

    /// Tells the server that nothing more comes, as far as the kernel takes it.
    func close() { _ = unsafe SSL_shutdown(ssl) }
}
