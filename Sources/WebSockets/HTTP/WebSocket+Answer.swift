// SHUT_RDWR: the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// What happens between a plain request and the next one on its connection.
///
/// Meanwhile the client's further bytes stay in the kernel. libwebsockets 4.1.6 would be told of them over and over, and
/// after a body would take them for that body's end once more.
extension WebSocket {
    /// Awaits an answer without a time of libwebsockets': nothing more is read before it, but the client is watched.
    func awaitAnswer(_ wsi: OpaquePointer) {
        unsafe holdRequests(wsi)
        unsafe lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)
        let takesInterim = handshake?.takesInterim ?? false
        handshake?.peerWatch = unsafe PeerWatch(self, wsi, takesInterim: takesInterim)
    }

    /// The answer is there, or nobody is left to get it.
    func endWatch() {
        handshake?.clientLeft = nil
        handshake?.peerWatch?.close()
        handshake?.peerWatch = nil
    }

    /// Reads nothing more before the answer is out.
    func holdRequests(_ wsi: OpaquePointer) {
        guard handshake?.isHeld == false else { return }
        handshake?.isHeld = true
        unsafe lws_rx_flow_control(wsi, 0)
    }

    /// An answer was written: goes on to the next request once the kernel has all of it, and room again.
    ///
    /// Without room libwebsockets would go on to wait for it, busily.
    func answerWritten(_ wsi: OpaquePointer) {
        guard unsafe lws_send_pipe_choked(wsi) != 0 else { return unsafe completeTransaction(wsi) }
        unsafe holdRequests(wsi)
        let rule = server?.options.pace ?? ReadingPace.Rule()
        guard let drain = unsafe AnswerDrain(self, wsi, rule) else { return unsafe completeTransaction(wsi) }
        handshake?.drain = drain
    }

    /// Takes the next request, or ends the connection if it was the last one.
    func completeTransaction(_ wsi: OpaquePointer) {
        handshake?.drain = nil
        if handshake?.isHeld == true {
            handshake?.isHeld = false
            unsafe lws_rx_flow_control(wsi, 1)
        }
        // A transaction that ends the connection: the callback's return value would tell libwebsockets, but an answer may
        // come later than the callback.
        if unsafe lws_http_transaction_completed(wsi) != 0 { hangUpAfterResponse() }
    }

    /// Ends the connection though an answer is on its way; what waits is lost.
    func breakOff() {
        guard let wsi = unsafe wsi else { return }
        shutdown(unsafe lws_get_socket_fd(wsi), Int32(SHUT_RDWR))
        unsafe clws_discard(wsi)
    }
}
