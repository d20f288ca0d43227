internal import CLibwebsockets
internal import Glibc

/// A proxy's connection that goes back to the listener with each answer, which reads the head of the next request.
///
/// That request may be another client's. Of its head libwebsockets may lose the very field that tells whose it is, at a
/// client's wish.
struct ReturningConnection {
    /// The proxy's address.
    let proxy: String
    /// How many bytes had been read of the connection with the request's head; from the answer on, with its body.
    var readBytes: UInt64
}

extension WebSocket {
    /// Whether the connection goes back after the answer to a request; from then on nothing is read from it.
    ///
    /// It doesn't when libwebsockets has read beyond the request: these bytes would be lost, and what follows them
    /// taken for a head. Then it ends.
    func returns(_ wsi: OpaquePointer, after request: HTTPRequest) -> Bool {
        guard let expected = handshake?.returning.map({ $0.readBytes + UInt64(request.body.count) }) else {
            return false
        }
        unsafe holdRequests(wsi)
        guard unsafe hasRead(expected, wsi), !loop.isOver else {
            handshake?.returning = nil
            return false
        }
        handshake?.returning?.readBytes = expected
        return true
    }

    private func hasRead(_ count: UInt64, _ wsi: OpaquePointer) -> Bool {
        unsafe TransferredBytes.read(of: lws_get_socket_fd(wsi)) == count
    }

    /// Gives the connection back to the listener, once the kernel has the whole answer; false when it has to end.
    func giveBack(_ wsi: OpaquePointer) -> Bool {
        // Nothing may have been read while the answer was sent either.
        guard let handshake, let returning = handshake.returning, let server,
            unsafe hasRead(returning.readBytes, wsi)
        else { return false }
        let duplicate = unsafe fcntl(lws_get_socket_fd(wsi), F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else { return false }
        var accepted = AcceptedSocket(descriptor: duplicate, peer: returning.proxy, binding: handshake.binding)
        accepted.awaitClient()
        unsafe lws_set_opaque_user_data(wsi, nil)
        unsafe clws_discard(wsi)
        unsafe self.wsi = nil
        // The client is counted out first: its next request may come over the same connection.
        loop.forget(self)
        server.giveBack(accepted)
        return true
    }
}
