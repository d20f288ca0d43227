internal import CLibuv
internal import CLibwebsockets
internal import Glibc

/// Notices that a client leaves before its answer, while nothing is read from it; used on the loop's thread only.
///
/// A client that leaves and one that only closes its sending side look alike until something is sent to them. So an
/// interim response is sent: a client that still reads ignores it, and a connection that nobody has open answers with a
/// reset. HTTP/1.0 has no interim responses, so that there the end of the stream counts as leaving.
@safe final class PeerWatch {
    private enum Phase {
        /// The client can still send.
        case whole
        /// The client has closed its sending side, and may still read.
        case halfClosed
        case closed
    }

    private let socket: WebSocket
    private let wsi: OpaquePointer
    /// A duplicate of the connection's descriptor, since libuv needs one for each watcher.
    private let descriptor: Int32
    private let takesInterim: Bool
    private var phase = Phase.whole
    private var watch: SocketWatch?

    /// Starts to watch; nil when no descriptor is left.
    init?(_ socket: WebSocket, _ wsi: OpaquePointer, takesInterim: Bool) {
        self.socket = socket
        unsafe self.wsi = unsafe wsi
        self.takesInterim = takesInterim
        descriptor = unsafe fcntl(lws_get_socket_fd(wsi), F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        let watch = SocketWatch(descriptor, on: socket.loop) { [unowned self] in changed($0) }
        self.watch = watch
        watch.start(.ended)
    }

    deinit { close() }

    /// Stops for good.
    func close() {
        guard let watch else { return }
        self.watch = nil
        phase = .closed
        watch.close()
        Glibc.close(descriptor)
    }

    private func changed(_ readiness: SocketWatch.Readiness) {
        // The socket may release this object during the call.
        withExtendedLifetime(self) {
            if readiness.contains(.stopped) { return close() }
            if phase == .whole, !readiness.contains(.failed), takesInterim, sendInterim() {
                phase = .halfClosed
                // The end of the stream would be reported for ever. From now on only a reset is of interest.
                watch?.start(.urgent)
                return
            }
            close()
            socket.handshake?.leave()
            socket.hangUpAfterResponse()
        }
    }

    private func sendInterim() -> Bool {
        let interim: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"
        return unsafe clws_write_raw(wsi, interim.utf8Start, interim.utf8CodeUnitCount) >= 0
    }
}
