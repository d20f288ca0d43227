// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Sends what is left of an answer whenever its reader has room, in place of libwebsockets.
///
/// libwebsockets 4.1.6 serves a connection either in both directions or in none: while it waits for room to write, it is
/// told of every byte that the client sent ahead, takes none of them, and is told again at once. So its reading is held
/// back, and the wait for room is here. Used on the loop's thread only.
@safe final class AnswerDrain {
    private let socket: WebSocket
    private let wsi: OpaquePointer
    /// A second descriptor of the connection: libuv wants one for each watcher.
    private let descriptor: Int32
    private var watch: SocketWatch?

    /// Starts to wait; nil without a descriptor to do it on.
    init?(_ socket: WebSocket, _ wsi: OpaquePointer) {
        self.socket = socket
        unsafe self.wsi = unsafe wsi
        descriptor = unsafe fcntl(lws_get_socket_fd(wsi), F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        let watch = SocketWatch(descriptor, on: socket.loop) { [unowned self] in becameReady($0) }
        self.watch = watch
        watch.start(.writing)
    }

    /// Stops for good.
    func close() {
        guard let watch else { return }
        self.watch = nil
        watch.close()
        Glibc.close(descriptor)
    }

    private func becameReady(_ readiness: SocketWatch.Readiness) {
        // The socket may let go of it meanwhile.
        withExtendedLifetime(self) {
            if readiness.contains(.stopped) { return close() }
            let written = unsafe clws_write_raw(wsi, nil, 0)
            if readiness.contains(.failed) || written < 0 {
                close()
                return socket.hangUpAfterResponse()
            }
            guard unsafe lws_send_pipe_choked(wsi) == 0 else { return }
            close()
            unsafe socket.completeTransaction(wsi)
        }
    }
}
