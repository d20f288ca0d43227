internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// A connection whose plain request is answered with a stream that ends with the connection.
///
/// The head was read by libwebsockets, which in its HTTP role doesn't see the client go: its state machine waits there
/// for our answer without reading. Without TLS the descriptor is taken from it and given back as a raw connection, on
/// which it says when there is room and when the client has gone, and writes nothing of its own. A TLS session can't be
/// handed over: there the connection stays in its role, and `StreamReaders` sees what the reader does.
extension WebSocket {
    /// Whether the connection can become a stream.
    var canBecomeStream: Bool { unsafe wsi != nil && server != nil }

    /// Makes the connection a stream that begins with `head`; false when it is not possible, and nothing was done, or
    /// when the connection is lost.
    ///
    /// Nobody answers a heartbeat: a dead reader is noticed by the kernel, to which it acknowledges nothing for
    /// `timeout`.
    func becomeStream(_ head: [UInt8], timeout: Duration) -> Bool {
        guard isSecure ? beginStream() : beginRawStream() else { return false }
        isStream = true
        let milliseconds = Int32(clamping: Int64((timeout / .milliseconds(1)).rounded(.up)))
        SocketOption.set(descriptor, SocketOption.tcpLevel, Int32(TCP_USER_TIMEOUT), max(1, milliseconds))
        send(event: head)
        return true
    }

    private func beginRawStream() -> Bool {
        guard let request = unsafe wsi, let server else { return false }
        let duplicate = unsafe fcntl(lws_get_socket_fd(request), F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { return false }
        unsafe lws_set_opaque_user_data(request, nil)
        unsafe clws_discard(request)
        unsafe wsi = nil
        guard let adopted = unsafe server.adoptRaw(duplicate, for: self) else {
            loop.forget(self)
            return false
        }
        unsafe established(adopted)
        return true
    }

    private func beginStream() -> Bool {
        guard let request = unsafe wsi,
            let readers = loop.streamReaders,
            readers.watch(unsafe lws_get_socket_fd(request), of: self)
        else { return false }
        unsafe lws_set_timeout(request, NO_PENDING_TIMEOUT, 0)
        // A connection whose reading is held is told of no room either.
        if handshake?.isHeld == true { unsafe lws_rx_flow_control(request, 1) }
        unsafe established(request)
        return true
    }

    /// The reader of a stream has sent something, though it has nothing to say, or is gone.
    func readerSpoke() {
        guard isStream, phase != .closed, let wsi = unsafe wsi else { return }
        if phase == .open { phase = .closing }
        unsafe clws_discard(wsi)
    }

    /// Sends whole events of a stream after everything that waits.
    package func send(event bytes: [UInt8]) {
        guard phase == .open else { return }
        // The rest of an event that was cut is the history's: what is said behind it has all of the room.
        let waiting = control.count - Int(max(sentOfControl, cutOfControl))
        guard waiting == 0 || waiting + bytes.count <= limits.controlSize else {
            closure.reason = "it doesn't read: \(waiting) bytes of events wait"
            return terminate()
        }
        control += bytes
        flushStream()
    }

    /// Keeps the rest of an event that was cut.
    func finishStream(_ rest: ArraySlice<UInt8>) {
        control += rest
        cutOfControl = UInt32(clamping: control.count)
        requestWritable()
    }

    /// Writes what waits, and after the last of it the stream's end if it is to end.
    ///
    /// Without TLS to the descriptor: what libwebsockets kept for us would keep it from reading.
    func flushStream() {
        if !control.isEmpty {
            let start = Int(sentOfControl)
            let sent = unsafe control.withUnsafeBytes { bytes in
                unsafe hand(over: UnsafeRawBufferPointer(rebasing: bytes[start...]))
            }
            guard let sent else { return terminate() }
            forget(UInt32(clamping: sent))
        }
        guard control.isEmpty else { return requestWritable() }
        if phase == .closing { finishStream() }
    }

    /// How many bytes were taken; nil when the connection is lost.
    private func hand(over bytes: UnsafeRawBufferPointer) -> Int? {
        if isSecure {
            guard let wsi = unsafe wsi else { return 0 }
            return unsafe pushRecords(bytes, through: wsi)
        }
        let sent = unsafe clws_send(descriptor, bytes.baseAddress, bytes.count)
        return sent < 0 && errno != EAGAIN && errno != EINTR ? nil : max(0, sent)
    }

    /// Tells the reader that this was all: its own end closes the connection.
    private func finishStream() {
        if isSecure, let wsi = unsafe wsi {
            // The last record may wait for room: the session's end goes behind it.
            guard unsafe lws_partial_buffered(wsi) == 0 else { return requestWritable() }
            unsafe clws_finish(lws_get_ssl(wsi))
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Gives up the bytes that were sent once they are half of those that are kept, so that each is moved once at most.
    private func forget(_ sent: UInt32) {
        sentOfControl += sent
        if Int(sentOfControl) == control.count {
            control = []
        } else if Int(sentOfControl) >= control.count / 2 {
            control.removeFirst(Int(sentOfControl))
        } else {
            return
        }
        cutOfControl -= min(cutOfControl, sentOfControl)
        sentOfControl = 0
    }

    /// Ends the stream: what waits is sent, then the end; after the loop's close timeout the connection is cut.
    func endStream(_ code: UInt16, _ reason: String) {
        closure.ownCode = code
        if closure.reason.isEmpty { closure.reason = reason }
        phase = .closing
        loop.limitClosing(self)
        flushStream()
    }
}
