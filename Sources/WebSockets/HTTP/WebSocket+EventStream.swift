internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// A plain request that is answered with a stream of server-sent events, which lasts as long as the connection.
///
/// In its HTTP role libwebsockets doesn't notice that the client leaves, since it awaits our answer without reading.
/// Without TLS the descriptor is therefore taken from it, and given back as a raw connection: there it reports room to
/// write and the client's end, and writes nothing of its own. A TLS session can't be moved like that. Its connection
/// stays in the HTTP role, and `StreamReaders` watches the client.
extension WebSocket {
    /// Whether the connection can become a stream.
    var canBecomeStream: Bool { unsafe wsi != nil && server != nil }

    /// Makes the connection a stream that begins with `head`.
    ///
    /// Readers answer no heartbeat: a dead one is noticed by the kernel, when it acknowledges nothing for `timeout`.
    ///
    /// - Returns: False when that isn't possible, and nothing was changed, or when the connection is lost.
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
        // While a connection's reading is paused, libwebsockets doesn't report room to write either.
        if handshake?.isHeld == true { unsafe lws_rx_flow_control(request, 1) }
        unsafe established(request)
        return true
    }

    /// Cuts off a stream's reader, which has sent something, though it must not, or has left.
    func readerSpoke() {
        guard isStream, phase != .closed, let wsi = unsafe wsi else { return }
        if phase == .open { phase = .closing }
        unsafe clws_discard(wsi)
    }

    /// Sends whole events of a stream after everything that waits.
    package func send(event bytes: [UInt8]) {
        guard phase == .open else { return }
        // The rest of an event from the history that was cut doesn't count: the limit is for what is sent after it.
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

    /// Writes what waits and then, when the stream is closing, its end.
    ///
    /// Without TLS it writes to the descriptor: while libwebsockets keeps bytes for us, it doesn't read.
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

    /// Hands over bytes and returns how many were taken; nil when the connection is lost.
    private func hand(over bytes: UnsafeRawBufferPointer) -> Int? {
        if isSecure {
            guard let wsi = unsafe wsi else { return 0 }
            return unsafe pushRecords(bytes, through: wsi)
        }
        let sent = unsafe clws_send(descriptor, bytes.baseAddress, bytes.count)
        return sent < 0 && errno != EAGAIN && errno != EINTR ? nil : max(0, sent)
    }

    /// Ends our side of the stream; the client then closes the connection.
    private func finishStream() {
        if isSecure, let wsi = unsafe wsi {
            // The last record may still wait for room. The end of the TLS session must follow it.
            guard unsafe lws_partial_buffered(wsi) == 0 else { return requestWritable() }
            unsafe clws_finish(lws_get_ssl(wsi))
        }
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Removes the bytes that were sent once they are half of the buffer, so that each byte is moved at most once.
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

    /// Ends the stream after what waits; the connection is cut if that takes longer than the loop's close timeout.
    func endStream(_ code: UInt16, _ reason: String) {
        closure.ownCode = code
        if closure.reason.isEmpty { closure.reason = reason }
        phase = .closing
        loop.limitClosing(self)
        flushStream()
    }
}
