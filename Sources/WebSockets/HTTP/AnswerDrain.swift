// In a whole-module build the socket headers belong to the first C module that includes them.
internal import CLibuv
internal import CLibwebsockets
internal import Glibc
internal import Synchronization

/// Sends the rest of an answer when its reader has room, in place of libwebsockets.
///
/// libwebsockets 4.1.6 serves a connection either in both directions or in none. While it waits for room to write, it
/// is notified of every byte that the client sent ahead, reads none of them, and is notified again at once. So its
/// reading is paused, and the room is awaited here. libwebsockets also cuts an answer after 20 s in all; here a reader
/// may take as long as it keeps the server's pace. Used on the loop's thread only.
@safe final class AnswerDrain {
    private let socket: WebSocket
    private let wsi: OpaquePointer
    /// A duplicate of the connection's descriptor, since libuv needs one for each watcher.
    private let descriptor: Int32
    private var watch: SocketWatch?
    private let rule: ReadingPace.Rule
    private var pace: ReadingPace
    private var timer: LoopTimer?

    /// Starts to wait; nil when no descriptor is left.
    init?(_ socket: WebSocket, _ wsi: OpaquePointer, _ rule: ReadingPace.Rule) {
        self.socket = socket
        unsafe self.wsi = unsafe wsi
        self.rule = rule
        descriptor = unsafe fcntl(lws_get_socket_fd(wsi), F_DUPFD_CLOEXEC, 0)
        pace = ReadingPace(rule, from: unsafe Self.acknowledged(of: socket, wsi))
        guard descriptor >= 0 else { return nil }
        unsafe lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)
        let watch = SocketWatch(descriptor, on: socket.loop) { [unowned self] in becameReady($0) }
        self.watch = watch
        watch.start(.writing)
        let timer = LoopTimer(on: socket.loop) { [unowned self] in checkPace() }
        self.timer = timer
        timer.start(after: rule.interval)
    }

    deinit { close() }

    /// Stops for good.
    func close() {
        guard let watch else { return }
        self.watch = nil
        watch.close()
        timer?.close()
        timer = nil
        socket.endMeasurement()
        Glibc.close(descriptor)
    }

    /// How much the reader has taken so far.
    private static func acknowledged(of socket: WebSocket, _ wsi: OpaquePointer) -> UInt64 {
        let descriptor = unsafe lws_get_socket_fd(wsi)
        return TransferredBytes.acknowledged(of: descriptor)
            ?? socket.loop.localProgress?.read(socket, over: descriptor) ?? 0
    }

    private func becameReady(_ readiness: SocketWatch.Readiness) {
        // The socket may release this object during the call.
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

    private func checkPace() {
        withExtendedLifetime(self) {
            if pace.isKept(at: unsafe Self.acknowledged(of: socket, wsi)) {
                timer?.start(after: rule.interval)
                return
            }
            close()
            socket.server?.slowReaders.add(1, ordering: .relaxed)
            // Discards what waits: an orderly close would wait again for the client to read it.
            socket.breakOff()
        }
    }
}
