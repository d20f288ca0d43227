// recv: in a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Reads a dialled socket past libwebsockets, whose client of 4.1.6 takes every byte through a state machine.
///
/// That was half the cost of an event, and it says nothing of a frame's head before the payload has come. libwebsockets keeps the connection: its reading is held back by flow control,
/// and given back at the end of the stream, so that it closes as always. Used on the loop's thread only.
@safe final class ClientReceiver {
    private static let capacity = 65536

    private let socket: WebSocket
    private let wsi: OpaquePointer
    /// A second descriptor of the connection: libuv wants one for each watcher.
    private let descriptor: Int32
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private var frames: FrameReader
    /// Deciphers what is read; nil in plaintext.
    ///
    /// It is libwebsockets', and lives as long as the connection.
    private let session: OpaquePointer?
    private var watch: SocketWatch?

    /// Takes the reading over, straight after the handshake; nil when libwebsockets has read on already.
    init?(_ socket: WebSocket, _ wsi: OpaquePointer) {
        self.socket = socket
        unsafe self.wsi = wsi
        frames = FrameReader(limit: max(socket.limits.messageSize, socket.limits.skipSize))
        unsafe session = socket.isSecure ? lws_get_ssl(wsi) : nil
        // It says 0 while a connection of the context has bytes that were read and not parsed.
        guard unsafe lws_service_adjust_timeout(lws_get_context(wsi), 1, 0) != 0 else { return nil }
        descriptor = unsafe fcntl(lws_get_socket_fd(wsi), F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        unsafe buffer = .allocate(capacity: Self.capacity)
        unsafe lws_rx_flow_control(wsi, 0)
        let watch = SocketWatch(descriptor, on: socket.loop) { [unowned self] in receive($0) }
        self.watch = watch
        watch.start(.reading)
    }

    deinit {
        close()
        unsafe buffer.deallocate()
    }

    /// Stops for good.
    func close() {
        guard let watch else { return }
        self.watch = nil
        watch.close()
        Glibc.close(descriptor)
    }

    private func receive(_ readiness: SocketWatch.Readiness) {
        // The socket may let go of it meanwhile.
        withExtendedLifetime(self) {
            var count = 0
            repeat {
                count = read()
                let failure = errno
                if count > 0 {
                    unsafe take(UnsafeBufferPointer(rebasing: buffer[..<count]))
                } else if count == 0 || (failure != EAGAIN && failure != EINTR) || readiness.contains(.failed) {
                    close()
                    unsafe lws_rx_flow_control(wsi, 1)
                    // The end of a TLS session was read here, and TCP may stay open behind it: libwebsockets would not
                    // learn of it.
                    if unsafe session != nil { socket.terminate() }
                }
                // libuv stops a watcher that fails: what came before the reset has to be read now, and the reset itself.
            } while watch != nil && (readiness.contains(.failed) || count > 0 && hasDeciphered)
        }
    }

    /// Whether there is more to read of which no readiness tells.
    private var hasDeciphered: Bool { unsafe clws_has_deciphered(session) != 0 }

    /// As `recv` does.
    private func read() -> Int {
        guard let session = unsafe session else {
            return unsafe recv(descriptor, buffer.baseAddress, Self.capacity, Int32(MSG_DONTWAIT))
        }
        return unsafe clws_decipher(session, buffer.baseAddress, Self.capacity)
    }

    private func take(_ bytes: UnsafeBufferPointer<UInt8>) {
        var position = 0
        while watch != nil, let event = unsafe frames.next(in: bytes, from: &position) {
            switch event {
            case .fragment(let range, let isFirst, let isFinal, let isText):
                let fragment = unsafe UnsafeBufferPointer(rebasing: bytes[range])
                unsafe socket.receive(fragment, isFirst: isFirst, isFinal: isFinal, isText: isText)
            case .control(let opcode, let payload):
                socket.receive(opcode, payload)
            case .excess:
                return socket.exceeded()
            case .violation(let reason):
                return socket.violated(reason)
            }
        }
    }
}
