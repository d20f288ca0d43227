// SHUT_RDWR: the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// What happens between a plain request and the next one on its connection.
///
/// Meanwhile the client's further bytes stay in the kernel. libwebsockets 4.1.6 would be notified of them over and
/// over, and after a body would take them for the body's end once more.
extension WebSocket {
    /// Awaits an answer without a timeout of libwebsockets; nothing is read, but a watch notices when the client
    /// leaves.
    func awaitAnswer(_ wsi: OpaquePointer) {
        unsafe holdRequests(wsi)
        unsafe lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)
        let takesInterim = handshake?.takesInterim ?? false
        handshake?.peerWatch = unsafe PeerWatch(self, wsi, takesInterim: takesInterim)
    }

    /// Ends the watch: the answer is there, or the client has left.
    func endWatch() {
        handshake?.clientLeft = nil
        handshake?.peerWatch?.close()
        handshake?.peerWatch = nil
    }

    /// Pauses reading until the answer is sent.
    func holdRequests(_ wsi: OpaquePointer) {
        guard handshake?.isHeld == false else { return }
        handshake?.isHeld = true
        unsafe lws_rx_flow_control(wsi, 0)
    }

    /// Goes on to the next request once the kernel has the whole answer, and has room again.
    ///
    /// When there is no room, libwebsockets itself would wait for it in a busy loop.
    func answerWritten(_ wsi: OpaquePointer) {
        guard unsafe lws_send_pipe_choked(wsi) != 0 else { return unsafe completeTransaction(wsi) }
        unsafe holdRequests(wsi)
        let rule = server?.options.pace ?? ReadingPace.Rule()
        guard let drain = unsafe AnswerDrain(self, wsi, rule) else { return unsafe completeTransaction(wsi) }
        handshake?.drain = drain
    }

    /// Takes the next request, or ends the connection after the last one.
    func completeTransaction(_ wsi: OpaquePointer) {
        handshake?.drain = nil
        if unsafe giveBack(wsi) { return }
        if handshake?.endsWithAnswer == true { return hangUpAfterResponse() }
        if handshake?.isHeld == true {
            handshake?.isHeld = false
            unsafe lws_rx_flow_control(wsi, 1)
        }
        // Ends the connection when libwebsockets asks for that. A callback would do so by its return value, but an
        // answer may come after the callback.
        if unsafe lws_http_transaction_completed(wsi) != 0 { hangUpAfterResponse() }
    }

    /// Ends the connection while an answer is being sent; what waits is lost.
    func breakOff() {
        guard let wsi = unsafe wsi else { return }
        shutdown(unsafe lws_get_socket_fd(wsi), Int32(SHUT_RDWR))
        unsafe clws_discard(wsi)
    }
}
