internal import CLibwebsockets
import Glibc
import OpenSSLCommand
import TestSupport

/// The server's side of a TLS connection, in this process: the openssl command reads whenever there is something.
@safe final class TLSPeer {
    let files: CertificateFiles
    private let listener: RawListener
    private var raw: RawPeer?
    private var context: OpaquePointer?
    private var session: OpaquePointer?

    var port: UInt16 { listener.port }

    init() throws {
        files = try CertificateFiles()
        listener = try RawListener()
        var part: Int32 = 0
        var reason: UnsafePointer<CChar>?
        unsafe context = unsafe clws_read_identity(files.certificate, files.key, &part, &reason)
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    /// Takes the next connection, its TLS handshake and its upgrade.
    func acceptUpgrade() throws {
        let raw = try listener.accept()
        self.raw = raw
        unsafe session = unsafe SSL_new(context)
        let isSet = unsafe SSL_set_fd(session, raw.descriptor)
        let isAccepted = unsafe SSL_accept(session)
        guard isSet == 1, isAccepted == 1 else { throw RawPeer.Failure(description: "no TLS session") }
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe SSL_read(session, $0.baseAddress, Int32($0.count))
            }
            guard count > 0 else { throw RawPeer.Failure(description: "no request") }
            head += bytes.prefix(Int(count))
        }
        let key = String(decoding: head, as: UTF8.self).header("Sec-WebSocket-Key")
        let answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(AcceptKey.value(for: key))\r\n\r\n"
        try send(Array(answer.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        let count = unsafe bytes.withUnsafeBytes { unsafe SSL_write(session, $0.baseAddress, Int32($0.count)) }
        guard count == bytes.count else { throw RawPeer.Failure(description: "nothing was sent") }
    }

    /// Sends a new key, and asks the client for one.
    func updateKeys() throws {
        let isAsked = unsafe SSL_key_update(session, SSL_KEY_UPDATE_REQUESTED)
        let isSent = unsafe SSL_do_handshake(session)
        guard isAsked == 1, isSent == 1 else { throw RawPeer.Failure(description: "no new key") }
    }

    /// Has the kernel take nothing more of what the client sends, by bytes that are no TLS.
    func fill() throws {
        guard let client = raw?.otherEnd else { throw RawPeer.Failure(description: "no client") }
        let bytes = [UInt8](repeating: 0, count: 1 << 16)
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        // What arrives meanwhile makes room.
        var refusals = 0
        while refusals < 100 {
            var size = bytes.count
            var isRefused = true
            while size > 0 {
                if unsafe Glibc.send(client.number, bytes, size, flags) > 0 { isRefused = false } else { size /= 2 }
            }
            refusals = isRefused ? refusals + 1 : 0
            usleep(1000)
        }
    }

    /// Makes room for what the client sends, without reading it.
    func discard() {
        guard let raw else { return }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        unsafe bytes.withUnsafeMutableBytes {
            unsafe _ = recv(raw.descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
    }
}
